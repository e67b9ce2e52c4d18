import { existsSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { invalid, oneOf } from '../arguments.js';
import { exportSafetensors } from '../exchange/export-safetensors.js';
import { type OnnxSignature, signatureText } from '../exchange/onnx/signature.js';
import { exportOnnx, type OnnxExportOptions } from '../exchange/onnx/write-onnx.js';
import type { Dataset } from '../network/dataset.js';
import { isMatrixChain } from '../network/description.js';
import type { Network } from '../network/network.js';
import { pruningCurve } from '../pruning/curve.js';
import { defaultMetric, type Metric, measure, metrics } from '../pruning/metric.js';
import { checkHasStatistics } from '../pruning/recalibrate.js';
import { type Candidate, fineTuned, penaltyChoice } from './model/candidates.js';
import { type Chosen, checkCut, chooseCut, rankable, rankingOf } from './model/choice.js';
import { costOf, costText } from './model/cost.js';
import { loadModel } from './model/load-model.js';
import { checkModelOptions, type PruneModelOptions } from './model/options.js';
import { checkTakesPenalties } from './model/penalties.js';
import { runningStatisticsOf, runningStatisticsText } from './model/running-statistics.js';
import {
  heldOutText,
  type ModelData,
  modelSource,
  namesClasses,
  type Part,
  parts,
  readModelData,
} from './model-data.js';
import { type ExitCode, exitCodes, type Session } from './session.js';
import {
  candidateTable,
  curveTable,
  type LayerCurve,
  prunedLayersTable,
  type Stage,
  type StageMetrics,
  stageTable,
} from './tables.js';

const defaultLearningRate = 0.001; // The common default of Adam.
const defaultBatchSize = 100; // Arbitrary.

type Stages = Partial<Record<Stage, Network>>;

/** @throws errors of loading, reading, training, pruning and writing; invalid_argument */
export async function pruneModel(
  path: string,
  options: PruneModelOptions,
  session: Session,
): Promise<ExitCode> {
  const file = exportTarget(path, options.export);
  checkModelOptions(path, options);
  const source = await modelSource(options);
  const { network, output, signature } = await loadModel(path, namesClasses(source), options);
  await checkBeforeWork(network, options);
  const data = source ? await readModelData(source, network.spec, options) : null;
  if (data?.classNames) session.note(`classes, in the order of the outputs: ${data.classNames.join(', ')}`);
  const metricName = data && metricOf(network, data, options);
  const candidates = await candidatesOf(network, data, options, session);
  const judged = data && metricName ? { parts: data.parts, metric: metricName } : null;
  const chosen = await chooseCut(network, candidates, judged, options);
  const judging = data ? judgingPart(data) : undefined;
  const curves =
    judging && options.points !== undefined ? await curvesOf(chosen, judging, options) : undefined;
  const after = chosen.pruned.network;
  const metric = data && (await measureStages(stagesOf(network, chosen), data, metricName as Metric));
  await save(after, file, { output, signature });
  for (const loss of notKept(path, file, network, signature)) session.note(loss);
  const cost = await costOf(network, after, judging);
  const { layers, scope, removed, recalibrated } = chosen.pruned;
  const runningStatistics = runningStatisticsOf(chosen);
  const done = { recalibrated, runningStatistics };
  const found = { file, model: path, scope, layers, removed, ...cost, ...done, metric, curves };
  const tuning = options.fineTune !== undefined && { l2: chosen.candidate.l2, candidates: chosen.tried };
  session.print(
    { ...found, data: data ? sourcesOf(data) : undefined, ...tuning },
    [
      ...(chosen.tried.length > 1 ? [candidateTable(chosen.tried, metricName as Metric)] : []),
      ...(curves && judging ? [curveTable(curves), passesText(curves, judging)] : []),
      prunedLayersTable(layers),
      ...(removed === 0 ? [`Nothing was removed: ${file} has the same nodes as ${path}.`] : []),
      costText(cost),
      ...runningStatisticsText(runningStatistics, removed),
      ...(metric && data ? [stageTable(metric, data), ...remarks(metric, data, chosen, options)] : []),
      file,
    ].join('\n'),
  );
  return exitCodes.done;
}

function stagesOf(before: Network, { candidate, pruned }: Chosen): Stages {
  const tuned = candidate.l2 && candidate.network;
  return { before, ...(tuned && { fineTuned: tuned }), after: pruned.network };
}

/** Checks what needs no data, so that no error of the options comes after hours of fine-tuning. @throws as pruneNetwork */
async function checkBeforeWork(network: Network, options: PruneModelOptions): Promise<void> {
  if (options.recalibrate) checkHasStatistics('--recalibrate', network.spec);
  if (options.fineTune !== undefined) checkTakesPenalties(network.spec, options.l2);
  await checkCut(network, options);
}

/** Path of the pruned network; checked before any work. */
function exportTarget(path: string, given: string | undefined): string {
  const format = extname(path).toLowerCase();
  const usual = `${basename(path, extname(path))}-pruned${format === '.onnx' ? format : '.safetensors'}`;
  const target = given ?? usual;
  if (!['.onnx', '.safetensors'].includes(extname(target).toLowerCase()))
    throw invalid('--export', 'a path that ends in .onnx or .safetensors', target);
  if (!existsSync(dirname(target))) throw invalid('--export', 'a path in a folder that is there', target);
  return target;
}

async function candidatesOf(
  network: Network,
  data: ModelData | null,
  options: PruneModelOptions,
  session: Session,
): Promise<Candidate[]> {
  const { fineTune: epochs, learningRate = defaultLearningRate, seed = 0 } = options;
  if (epochs === undefined || data === null) return [{ l2: null, network }];
  const { batchSize = Math.min(defaultBatchSize, data.parts.train?.data.samples ?? 1) } = options;
  const { ignoreHangup = false } = options;
  const tuning = { epochs, learningRate, batchSize, seed, ignoreHangup };
  return fineTuned(network, data.parts, penaltyChoice(options.l2), tuning, session);
}

function metricOf(network: Network, data: ModelData, { metric }: PruneModelOptions): Metric {
  return metric === undefined
    ? defaultMetric(network, judgingPart(data))
    : oneOf('--metric', metric, metrics);
}

/** The data that choose, or otherwise any. */
function judgingPart({ parts: found }: ModelData): Dataset {
  return ((found.validation ?? found.test ?? found.train) as { data: Dataset }).data;
}

/** The curve of each layer that is pruned, of the chosen network before the cut. */
async function curvesOf(
  { candidate, pruned }: Chosen,
  data: Dataset,
  options: PruneModelOptions,
): Promise<LayerCurve[]> {
  const whole = rankable(candidate, options.criterion);
  const curves: LayerCurve[] = [];
  for (const { layer } of pruned.layers) {
    const ranking = { layer, points: options.points, ...rankingOf(options) };
    const { kept, losses, passes } = await pruningCurve(whole, data, ranking);
    curves.push({ layer, kept: Array.from(kept), losses: Array.from(losses), passes });
  }
  return curves;
}

function passesText(curves: readonly LayerCurve[], { samples }: Dataset): string {
  const passes = curves.reduce((sum, curve) => sum + curve.passes, 0);
  return `The curves took ${passes} forward passes over ${samples} samples.`;
}

async function measureStages(stages: Stages, data: ModelData, name: Metric): Promise<StageMetrics> {
  const found: Partial<Record<Part, Partial<Record<Stage, number>>>> = {};
  for (const part of parts) {
    const one = data.parts[part];
    if (one === undefined) continue;
    const values: Partial<Record<Stage, number>> = {};
    for (const [stage, network] of Object.entries(stages))
      values[stage as Stage] = await measure(network, one.data, name);
    found[part] = values;
  }
  return { name, ...found };
}

/** Number of samples of each part, and their source. */
function sourcesOf({ parts: found }: ModelData): object {
  return Object.fromEntries(
    Object.entries(found).map(([part, { data, from }]) => [part, { samples: data.samples, from }]),
  );
}

/** Explains the table of metrics. */
function remarks(
  metric: StageMetrics,
  { parts: found }: ModelData,
  { candidate, tried }: Chosen,
  { maxDegradation }: PruneModelOptions,
): string[] {
  const split = [found.validation, found.heldOut].some((part) => part?.from.startsWith(heldOutText));
  return [
    ...(tried.length > 1 && candidate.l2 === null ? ['Chosen: the model as it came, not fine-tuned.'] : []),
    'before: the model as it came, on the same samples.',
    ...(split
      ? [
          'held out from --data: if the model was trained on these samples, its accuracy or loss on them is not a test. ' +
            '--validation-data and --test-data take samples that it has not seen.',
        ]
      : []),
    ...uncertainty(metric, found.validation?.data.samples, maxDegradation),
  ];
}

/** A note where the standard error of the accuracy exceeds the bound. */
function uncertainty({ name, validation }: StageMetrics, samples = 0, allowed?: number): string[] {
  const before = validation?.before;
  if (name !== 'accuracy' || before === undefined || allowed === undefined || samples === 0) return [];
  const error = Math.sqrt((before * (1 - before)) / samples); // Standard error of a share of independent samples.
  if (error <= 0.5 * allowed * before) return [];
  return [
    `On ${samples} validation samples an accuracy of ${before.toPrecision(4)} has a standard error of ${error.toFixed(4)}, and ` +
      `--max-degradation allows ${(allowed * before).toFixed(4)}: what the cut costs on other samples may be more. More validation ` +
      'samples make it surer.',
  ];
}

async function save(network: Network, file: string, options: OnnxExportOptions): Promise<void> {
  const { output = 'linear' } = options;
  if (isOnnx(file)) await exportOnnx(network, file, options);
  else if (isMatrixChain(network.spec)) await exportSafetensors(network, file, { output });
  else await network.save(file);
}

function isOnnx(file: string): boolean {
  return extname(file).toLowerCase() === '.onnx';
}

/** Notes on properties of the source that the new file lacks, besides nodes. */
function notKept(
  path: string,
  file: string,
  network: Network,
  signature: OnnxSignature | undefined,
): string[] {
  if (isOnnx(file)) {
    const rounded = `${file} holds numbers in float32, those of ${path} are of float64: they were rounded`;
    return network.dtype === 'float64' ? [rounded] : [];
  }
  return signature
    ? [`${path} has ${signatureText(signature)}; ${file} keeps neither the names nor the shapes`]
    : [];
}
