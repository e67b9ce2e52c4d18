/** Effective sizes at other thresholds than the protocol's: relevance is kept, so that nothing is trained for them. */

import { effectiveSize } from '../../../analysis/effective-size.js';
import { finiteNumber, invalid } from '../../../arguments.js';
import { EigenstudentError } from '../../../errors.js';
import { type Settings, settingsOf } from '../../../protocol/settings.js';
import { isFinished } from '../../../runs/record.js';
import { type DamagedTrial, readProtocol, readRecords } from '../../../runs/run-directory.js';
import { type Statistic, statistic } from '../../../runs/statistic.js';
import { groupRecords, type TrialFailure, toFailure } from '../../../runs/summary.js';
import { placeOfStudent, type StudentPlace } from '../protocol/place.js';
import { readArrays, type TrialArrays } from './arrays.js';
import type { FinishedStudent, StudentRecord } from './scalars.js';

/** Trials that differ in nothing but their index and seed, at one threshold. */
export interface ThresholdGroup extends StudentPlace {
  /** Values of every other field that the protocol varies, by its path. */
  readonly settings: Settings;
  readonly threshold: number;
  readonly trials: number;
  /** Of the first hidden layer; relevance divided by each trial's maximum. */
  readonly effectiveSize: Statistic;
  /** Relevance divided by the maximum over the trials of the group. */
  readonly effectiveSizePooled: Statistic;
  /** Test loss with only the effectiveSize most relevant nodes kept. */
  readonly prunedLoss: Statistic;
}

export interface ThresholdSizes {
  readonly groups: readonly ThresholdGroup[];
  /** Failed trials; they are left out. */
  readonly failures: readonly TrialFailure<StudentPlace>[];
  /** Trials with damaged arrays; they are left out. */
  readonly damaged: readonly DamagedTrial[];
}

/**
 * The effective sizes in a run directory at other thresholds. Nothing is written.
 * @param thresholds in [0, 1], at least one; of normalised relevance, as evaluation.threshold
 * @throws invalid_argument; file_unreadable when it is no run directory; invalid_protocol
 */
export async function effectiveSizesAt(
  directory: string,
  thresholds: readonly number[],
): Promise<ThresholdSizes> {
  if (!Array.isArray(thresholds) || thresholds.length === 0)
    throw invalid('thresholds', 'an array of at least one number', thresholds);
  thresholds.forEach((threshold, i) => {
    finiteNumber(`thresholds[${i}]`, threshold, 0, 1);
  });
  const settings = settingsOf(await readProtocol(directory));
  const all = (await readRecords(directory)) as StudentRecord[];
  const records = all.filter(isFinished);
  const failures = all.flatMap((record) => toFailure(record, settings)) as TrialFailure<StudentPlace>[];
  const groups: ThresholdGroup[] = [];
  const damaged: DamagedTrial[] = [];
  for (const group of groupRecords(records)) {
    const arrays = await arraysOf(directory, group, damaged);
    const [first] = arrays.keys();
    if (first === undefined) continue;
    const place = { ...placeOfStudent(first.protocol), settings: settings(first.protocol) };
    for (const threshold of thresholds) groups.push({ ...place, ...sizesAt(threshold, arrays) });
  }
  return { groups, failures, damaged };
}

type Arrays = Pick<TrialArrays, 'relevance' | 'pruningLosses'>;

async function arraysOf(directory: string, group: readonly FinishedStudent[], damaged: DamagedTrial[]) {
  const found = new Map<FinishedStudent, Arrays>();
  for (const record of group) {
    try {
      const { relevance, pruningLosses } = await readArrays(directory, record);
      found.set(record, { relevance, pruningLosses });
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      damaged.push({ key: record.key, reason: error.message });
    }
  }
  return found;
}

function sizesAt(threshold: number, trials: ReadonlyMap<FinishedStudent, Arrays>) {
  const arrays = [...trials.values()];
  const maximum = Math.max(...[...trials.keys()].map(({ scalars }) => scalars.maximumRelevance));
  const sizes = arrays.map(({ relevance }) => effectiveSize(relevance, { threshold }));
  return {
    threshold,
    trials: arrays.length,
    effectiveSize: statistic(sizes),
    effectiveSizePooled: statistic(
      arrays.map(({ relevance }) => effectiveSize(relevance, { threshold, maximum })),
    ),
    prunedLoss: statistic(arrays.map(({ pruningLosses }, i) => pruningLosses[sizes[i] as number] as number)),
  };
}
