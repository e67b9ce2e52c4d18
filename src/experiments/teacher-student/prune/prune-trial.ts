/** Prunes a finished student of a run directory to its most relevant nodes. */
import { oneOf } from '../../../arguments.js';
import { EigenstudentError } from '../../../errors.js';
import { unitsOf } from '../../../network/description.js';
import type { Network } from '../../../network/network.js';
import { prune, pruneUntil } from '../../../pruning/prune.js';
import { isFinished } from '../../../runs/record.js';
import { readProtocol, readRecords } from '../../../runs/run-directory.js';
import type { PrunedTrial, TrialChoice } from '../../../sweep/experiment.js';
import { DatasetFiles } from '../files/dataset-files.js';
import { type Protocol, parametrizations } from '../protocol/schema.js';
import { readArrays } from '../record/arrays.js';
import type { FinishedStudent, StudentRecord } from '../record/scalars.js';
import { SharedData } from '../run/shared-data.js';
import { rankedLayer } from '../run/student.js';

/**
 * The student that `choice` selects, pruned; by default to the effective size in its record.
 * @throws invalid_argument when no finished trial matches; file_unreadable when it is no run directory
 */
export async function pruneTrial(directory: string, choice: TrialChoice): Promise<PrunedTrial> {
  const protocol = (await readProtocol(directory)) as unknown as Protocol;
  const notes: string[] = [];
  const record = await selectRecord(directory, choice, notes);
  const { network } = await readArrays(directory, record);
  const { validation, test } = await new SharedData(new DatasetFiles(protocol)).of(record.protocol);
  const { parametrization, width, criterion, effectiveSize } = record.scalars;
  const ranking = { layer: rankedLayer, criterion };
  const { keep = effectiveSize, percentile, maxDegradation } = choice;
  let pruned: Network;
  if (maxDegradation !== undefined) {
    ({ network: pruned } = await pruneUntil(network, validation, { ...ranking, maxDegradation }));
  } else {
    pruned = prune(network, { ...ranking, ...(percentile === undefined ? { keep } : { percentile }) });
  }
  const kept = unitsOf(pruned.spec, rankedLayer);
  const lossBefore = (await network.evaluate(test)).loss;
  const lossAfter = (await pruned.evaluate(test)).loss;
  const { key, trial } = record;
  return {
    network: pruned,
    name: `${key}-${kept}`,
    notes,
    answer: { trial: { key, parametrization, width, trial }, criterion, kept, width, lossBefore, lossAfter },
    text:
      `${parametrization} student of width ${width} (trial ${trial}, ${key}): ${kept} of ${width} nodes kept by ` +
      `relevance ${criterion}.\nTest loss ${lossBefore.toPrecision(3)} before, ${lossAfter.toPrecision(3)} after.`,
  };
}

/** Of the matching trials, the one with the lowest validation loss. */
async function selectRecord(
  directory: string,
  { trial, width, arm }: TrialChoice,
  notes: string[],
): Promise<FinishedStudent> {
  if (arm !== undefined) oneOf('--arm', arm, parametrizations);
  const records = (await readRecords(directory)) as StudentRecord[];
  const finished = records.filter(isFinished);
  const matching = records.filter(
    (record) =>
      (trial === undefined || record.key.startsWith(trial)) &&
      (width === undefined || record.scalars.width === width) &&
      (arm === undefined || record.scalars.parametrization === arm),
  );
  const [best] = matching
    .filter(isFinished)
    .sort((a, b) => a.scalars.validationLoss - b.scalars.validationLoss);
  if (best) {
    if (matching.some(({ error }) => error))
      notes.push(
        `${matching.filter(isFinished).length} of the ${matching.length} trials that match finished${failureText(matching)}`,
      );
    return best;
  }
  const widths = [...new Set(finished.map(({ scalars }) => scalars.width))].sort((a, b) => a - b);
  const asked = Object.entries({ trial, width, arm }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  );
  throw new EigenstudentError(
    'invalid_argument',
    `expected a finished trial in ${directory}${asked.length > 0 ? ` for ${asked.join(' ')}` : ''}, found none; it has ` +
      `${finished.length} finished trials${widths.length > 0 ? ` of widths ${widths.join(', ')}` : ''}${failureText(matching)}`,
  );
}

/** The requested trials that failed, which have nothing to prune. */
function failureText(records: readonly StudentRecord[]): string {
  const [first] = records.flatMap(({ key, error }) => (error ? [`${key}: ${error.message}`] : []));
  if (first === undefined) return '';
  const failed = records.filter(({ error }) => error).length;
  return failed === 1 ? `. The trial failed: ${first}` : `. ${failed} trials failed, first ${first}`;
}
