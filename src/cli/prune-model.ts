import { existsSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { invalid, oneOf } from '../arguments.js';
import type { Splits } from '../data/splits.js';
import { EigenstudentError } from '../errors.js';
import type { OutputMap } from '../exchange/assemble.js';
import { exportSafetensors } from '../exchange/export-safetensors.js';
import { loadNetwork } from '../exchange/load-network.js';
import { exportOnnx } from '../exchange/onnx/write-onnx.js';
import { toSpectral } from '../exchange/to-spectral.js';
import type { Network } from '../network/network.js';
import { adam } from '../network/optimizers.js';
import { inputsOf, type Loss, losses } from '../network/spec.js';
import type { Scope } from '../pruning/joint-order.js';
import { defaultMetric, type Metric, measure, metrics } from '../pruning/metric.js';
import { type PrunedNetwork, pruneNetwork } from '../pruning/prune-network.js';
import type { Criterion } from '../pruning/relevance.js';
import { fineTune } from '../training/fine-tune.js';
import { interruptible } from './interruptible.js';
import { impliedLoss, type ModelDataOptions, readModelData } from './model-data.js';
import { type ExitCode, exitCodes, type Session } from './session.js';
import { prunedLayersTable, stageTable } from './tables.js';

/** As commander names them. */
export interface PruneModelOptions extends ModelDataOptions {
  readonly ignoreHangup?: boolean;
  readonly keep?: number;
  readonly percentile?: number;
  readonly maxDegradation?: number;
  readonly loss?: string;
  readonly metric?: string;
  readonly description?: string;
  readonly scope?: Scope;
  readonly criterion?: Criterion;
  readonly fineTune?: number;
  readonly learningRate?: number;
  readonly batchSize?: number;
  /** Of eigenvectors and eigenvaluesOut. */
  readonly l2?: readonly number[];
  readonly export?: string;
}

/** Of eigenvectors and eigenvaluesOut: the paper's protocol (arXiv 2310.12612), whose loss is of order 1. */
const usualPenalties = [0.01, 0.0005];
const usualRate = 0.001; // Adam's usual one
const usualBatch = 100; // arbitrary
/** Told while fine-tuning; arbitrary. */
const reports = 10;

/** What is known of the network at one end of the pruning, or after it was fine-tuned. */
type Stage = 'before' | 'fineTuned' | 'after';
type Stages = Partial<Record<Stage, Network>>;

/** A metric on both parts of the data that nothing is trained on. */
export interface StageMetrics {
  readonly name: Metric;
  readonly validation: Partial<Record<Stage, number>>;
  readonly test: Partial<Record<Stage, number>>;
}

/** @throws what loading, reading, training, pruning and writing throw; invalid_argument */
export async function pruneModel(
  path: string,
  options: PruneModelOptions,
  session: Session,
): Promise<ExitCode> {
  const file = exportTarget(path, options.export);
  checkCompanions(options);
  const { network, output } = await load(path, options);
  const data = options.data && (await readModelData(options.data, network.spec, options));
  const splits = data?.splits;
  if (data?.classNames) session.note(`classes, in the order of the outputs: ${data.classNames.join(', ')}`);
  const fineTuned = splits && (await tune(network, splits, options, session));
  const pruned = await cut(network, fineTuned ?? network, splits, options);
  const stages = { before: network, ...(fineTuned && { fineTuned }), after: pruned.network };
  const metric = splits ? await measureStages(stages, splits, metricOf(splits, options)) : null;
  await save(pruned.network, file, output);
  const parameters = { before: numbersIn(network), after: numbersIn(pruned.network) };
  const { layers, scope } = pruned;
  session.answer(
    { file, model: path, scope, layers, parameters, metric },
    [
      prunedLayersTable(layers),
      `${parameters.before} numbers before, ${parameters.after} after.`,
      ...(metric ? [stageTable(metric)] : []),
      file,
    ].join('\n'),
  );
  return exitCodes.done;
}

/** Where the network goes; checked before any work. */
function exportTarget(path: string, given: string | undefined): string {
  const format = extname(path).toLowerCase();
  const usual = `${basename(path, extname(path))}-pruned${format === '.onnx' ? format : '.safetensors'}`;
  const target = given ?? usual;
  if (!['.onnx', '.safetensors'].includes(extname(target).toLowerCase()))
    throw invalid('--export', 'a path that ends in .onnx or .safetensors', target);
  if (!existsSync(dirname(target))) throw invalid('--export', 'a path in a folder that is there', target);
  return target;
}

/** Options that mean nothing without another one. */
const companions = {
  data: {
    ...{ fineTune: '--fine-tune', maxDegradation: '--max-degradation', metric: '--metric' },
    ...{ inputs: '--inputs', labels: '--labels', normalize: '--normalize' },
  },
  fineTune: { learningRate: '--learning-rate', batchSize: '--batch-size', l2: '--l2' },
} as const;
const inWords = { data: '--data', fineTune: '--fine-tune' } as const;
const examples = { data: '--data x.npy y.npy', fineTune: '--fine-tune 20' } as const;

function checkCompanions(options: PruneModelOptions): void {
  for (const needed of ['data', 'fineTune'] as const) {
    if (options[needed] !== undefined) continue;
    for (const [key, name] of Object.entries(companions[needed])) {
      if (options[key as keyof PruneModelOptions] === undefined) continue;
      throw new EigenstudentError(
        'invalid_argument',
        `expected ${inWords[needed]} to go with ${name}, as in ${examples[needed]}, received none`,
      );
    }
  }
}

async function load(path: string, { data, loss: given, description }: PruneModelOptions) {
  const loss: Loss | undefined = given === undefined ? impliedLoss(data) : oneOf('--loss', given, losses);
  return loadNetwork(path, { ...(loss && { loss }), ...(description !== undefined && { description }) });
}

/** With its hidden layers spectral and penalised; nothing where that was not asked for. */
async function tune(
  network: Network,
  { train, validation }: Splits,
  options: PruneModelOptions,
  session: Session,
): Promise<Network | undefined> {
  const { fineTune: epochs, learningRate = usualRate, batchSize = usualBatch, seed = 0 } = options;
  if (epochs === undefined) return undefined;
  const [eigenvectors, eigenvaluesOut, ...more] = options.l2 ?? usualPenalties;
  if (eigenvectors === undefined || eigenvaluesOut === undefined || more.length > 0)
    throw invalid(
      '--l2',
      'two numbers, of eigenvectors and of eigenvaluesOut, as in 0.01,0.0005',
      options.l2,
    );
  const spectral = toSpectral(network, { l2: { eigenvectors, eigenvaluesOut } });
  return interruptible(session, options, (signal) =>
    fineTune(spectral, {
      data: { train, validation },
      optimizer: adam({ learningRate }),
      batchSize,
      epochs,
      seed,
      signal,
      every: Math.max(1, Math.ceil(epochs / reports)),
      onReport: ({ epoch, trainLoss, validationLoss }) =>
        session.note(
          `epoch ${epoch} of ${epochs}: train loss ${trainLoss[0]?.toPrecision(4)}, validation loss ` +
            `${validationLoss?.[0]?.toPrecision(4)}`,
        ),
    }),
  );
}

/** @param given the network of the file, against which degradation counts; `network` is what became of it */
async function cut(
  given: Network,
  network: Network,
  splits: Splits | undefined,
  options: PruneModelOptions,
): Promise<PrunedNetwork> {
  const { scope, criterion, keep, percentile, maxDegradation } = options;
  const howFar = {
    ...(scope !== undefined && { scope }),
    ...(criterion !== undefined && { criterion }),
    ...(keep !== undefined && { keep }),
    ...(percentile !== undefined && { percentile }),
    ...(maxDegradation !== undefined && { maxDegradation }),
  };
  if (maxDegradation === undefined || splits === undefined) return pruneNetwork(network, howFar);
  const metric = metricOf(splits, options);
  const data = splits.validation;
  return pruneNetwork(network, { ...howFar, data, metric, reference: await measure(given, data, metric) });
}

function metricOf({ validation }: Splits, { metric }: PruneModelOptions): Metric {
  return metric === undefined ? defaultMetric(validation) : oneOf('--metric', metric, metrics);
}

async function measureStages(stages: Stages, splits: Splits, name: Metric): Promise<StageMetrics> {
  const on = async (part: 'validation' | 'test') => {
    const values: Partial<Record<Stage, number>> = {};
    for (const [stage, network] of Object.entries(stages))
      values[stage as Stage] = await measure(network, splits[part], name);
    return values;
  };
  return { name, validation: await on('validation'), test: await on('test') };
}

async function save(network: Network, file: string, output: OutputMap): Promise<void> {
  if (extname(file).toLowerCase() === '.onnx') await exportOnnx(network, file, { output });
  else await exportSafetensors(network, file, { output });
}

/** In the matrices and biases that are exported; eigenvalues are within the matrices. */
function numbersIn({ spec }: Network): number {
  return spec.layers.reduce(
    (sum, { width, tensors }, layer) => sum + width * (inputsOf(spec, layer) + ('bias' in tensors ? 1 : 0)),
    0,
  );
}
