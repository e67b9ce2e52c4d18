/** Effective sizes at other thresholds than a run was made with: relevance is kept, so that nothing is trained for them. */

import { effectiveSize } from '../../analysis/effective-size.js';
import { finiteNumber, invalid } from '../../arguments.js';
import { EigenstudentError } from '../../errors.js';
import type { Parametrization } from '../../protocol/protocol-schema.js';
import { type Settings, settingsOf } from '../../protocol/settings.js';
import { type FinishedRecord, isFinished } from '../record.js';
import { type DamagedTrial, readProtocol, readRecords } from '../run-directory.js';
import { groupRecords, type Statistic, statistic, type TrialFailure, toFailure } from '../summary.js';
import { readArrays, type TrialArrays } from '../trial-arrays.js';

/** Of trials that differ in nothing but their index and seed, at one threshold. */
export interface ThresholdGroup {
  readonly parametrization: Parametrization;
  readonly teacherSize: number;
  readonly width: number;
  /** Of every other field that the protocol varies, by its path. */
  readonly settings: Settings;
  readonly threshold: number;
  readonly trials: number;
  /** Of the first hidden layer; relevance divided by each trial's own maximum. */
  readonly effectiveSize: Statistic;
  /** Relevance divided by the maximum over the trials of the group. */
  readonly effectiveSizePooled: Statistic;
  /** Test loss with only the effectiveSize most relevant nodes kept. */
  readonly prunedLoss: Statistic;
}

export interface ThresholdSizes {
  readonly groups: readonly ThresholdGroup[];
  /** Trials that failed; they are left out. */
  readonly failures: readonly TrialFailure[];
  /** Trials whose arrays cannot be trusted; they are left out. */
  readonly damaged: readonly DamagedTrial[];
}

/**
 * What the records of a run directory say at other thresholds. Nothing is written.
 * @param thresholds in [0, 1], one at least; of normalised relevance, as evaluation.threshold
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
  const all = await readRecords(directory);
  const records = all.filter(isFinished);
  const failures = all.flatMap((record) => toFailure(record, settings));
  const groups: ThresholdGroup[] = [];
  const damaged: DamagedTrial[] = [];
  for (const group of groupRecords(records)) {
    const arrays = await arraysOf(directory, group, damaged);
    const [first] = arrays.keys();
    if (first === undefined) continue;
    const { parametrization, teacherSize, width, protocol } = first;
    const place = { parametrization, teacherSize, width, settings: settings(protocol) };
    for (const threshold of thresholds) groups.push({ ...place, ...sizesAt(threshold, arrays) });
  }
  return { groups, failures, damaged };
}

type Arrays = Pick<TrialArrays, 'relevance' | 'pruningLosses'>;

async function arraysOf(directory: string, group: readonly FinishedRecord[], damaged: DamagedTrial[]) {
  const found = new Map<FinishedRecord, Arrays>();
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

function sizesAt(threshold: number, trials: ReadonlyMap<FinishedRecord, Arrays>) {
  const arrays = [...trials.values()];
  const maximum = Math.max(...[...trials.keys()].map(({ maximumRelevance }) => maximumRelevance));
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
