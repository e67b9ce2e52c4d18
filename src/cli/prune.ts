import { extname } from 'node:path';
import { invalid, oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { unitsOf } from '../network/description.js';
import type { Network } from '../network/network.js';
import { parametrizations } from '../protocol/protocol-schema.js';
import { prune, pruneUntil } from '../pruning/prune.js';
import { type FinishedRecord, isFinished, type TrialRecord } from '../runs/record.js';
import { readProtocol, readRecords } from '../runs/run-directory.js';
import { readArrays } from '../runs/trial-arrays.js';
import { DatasetFiles } from '../sweep/files/dataset-files.js';
import { SharedData } from '../sweep/shared-data.js';
import { rankedLayer } from '../sweep/student.js';
import { type ExitCode, exitCodes, type Session } from './session.js';

/** As commander names them. */
export interface PruneOptions {
  readonly trial?: string;
  readonly width?: number;
  readonly arm?: string;
  readonly keep?: number;
  readonly percentile?: number;
  readonly maxDegradation?: number;
  readonly out?: string;
}

export async function pruneRun(
  directory: string,
  options: PruneOptions,
  session: Session,
): Promise<ExitCode> {
  checkHowFar(options);
  checkTarget(options.out);
  const record = await selectRecord(directory, options, session);
  const files = new DatasetFiles(await readProtocol(directory));
  const { network } = await readArrays(directory, record);
  const { validation, test } = await new SharedData(files).of(record.protocol);
  const ranking = { layer: rankedLayer, criterion: record.criterion };
  const { keep = record.effectiveSize, percentile, maxDegradation } = options;
  let pruned: Network;
  if (maxDegradation !== undefined) {
    ({ network: pruned } = await pruneUntil(network, validation, { ...ranking, maxDegradation }));
  } else {
    pruned = prune(network, { ...ranking, ...(percentile === undefined ? { keep } : { percentile }) });
  }
  const kept = unitsOf(pruned.spec, rankedLayer);
  const file = options.out ?? `pruned-${record.key}-${kept}.safetensors`;
  const lossBefore = (await network.evaluate(test)).loss;
  const lossAfter = (await pruned.evaluate(test)).loss;
  await save(pruned, file);
  const { key, parametrization, width, trial, criterion } = record;
  session.answer(
    { file, trial: { key, parametrization, width, trial }, criterion, kept, width, lossBefore, lossAfter },
    `${parametrization} student of width ${width} (trial ${trial}, ${key}): ${kept} of ${width} nodes kept by ` +
      `relevance ${criterion}.\nTest loss ${lossBefore.toPrecision(3)} before, ${lossAfter.toPrecision(3)} after.\n${file}`,
  );
  return exitCodes.done;
}

async function save(network: Network, file: string): Promise<void> {
  if (extname(file).toLowerCase() !== '.onnx') return network.save(file);
  const { exportOnnx } = await import('../exchange/onnx/write-onnx.js');
  return exportOnnx(network, file);
}

/** Another ending would be that of another format. */
function checkTarget(file: string | undefined): void {
  if (file === undefined || ['.onnx', '.safetensors'].includes(extname(file).toLowerCase())) return;
  throw invalid('--out', 'a path that ends in .onnx or .safetensors', file);
}

function checkHowFar({ keep, percentile, maxDegradation }: PruneOptions): void {
  const given = Object.entries({
    '--keep': keep,
    '--percentile': percentile,
    '--max-degradation': maxDegradation,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (given.length < 2) return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected at most one of --keep, --percentile and --max-degradation, received ${given.join(' and ')}`,
  );
}

/** Of the trials that match, the one with the lowest validation loss. */
async function selectRecord(
  directory: string,
  { trial, width, arm }: PruneOptions,
  session: Session,
): Promise<FinishedRecord> {
  if (arm !== undefined) oneOf('--arm', arm, parametrizations);
  await readProtocol(directory); // says so when this is no run directory
  const records = await readRecords(directory);
  const finished = records.filter(isFinished);
  const matching = records.filter(
    (record) =>
      (trial === undefined || record.key.startsWith(trial)) &&
      (width === undefined || record.width === width) &&
      (arm === undefined || record.parametrization === arm),
  );
  const [best] = matching.filter(isFinished).sort((a, b) => a.validationLoss - b.validationLoss);
  if (best) {
    if (matching.some(({ error }) => error))
      session.note(
        `${matching.filter(isFinished).length} of the ${matching.length} trials that match finished${failureText(matching)}`,
      );
    return best;
  }
  const widths = [...new Set(finished.map((record) => record.width))].sort((a, b) => a - b);
  const asked = Object.entries({ trial, width, arm }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  );
  throw new EigenstudentError(
    'invalid_argument',
    `expected a finished trial in ${directory}${asked.length > 0 ? ` for ${asked.join(' ')}` : ''}, found none; it has ` +
      `${finished.length} finished trials${widths.length > 0 ? ` of widths ${widths.join(', ')}` : ''}${failureText(matching)}`,
  );
}

/** Of the trials that were asked for, those that have nothing to prune. */
function failureText(records: readonly TrialRecord[]): string {
  const [first] = records.flatMap(({ key, error }) => (error ? [`${key}: ${error.message}`] : []));
  if (first === undefined) return '';
  const failed = records.filter(({ error }) => error).length;
  return failed === 1 ? `. The trial failed: ${first}` : `. ${failed} trials failed, first ${first}`;
}
