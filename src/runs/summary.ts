/** summary.json: what a run found, per parametrisation, teacher size and width. */
import { join } from 'node:path';
import { effectiveSize } from '../analysis/effective-size.js';
import { summarize } from '../analysis/summary.js';
import { EigenstudentError } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import { type Parametrization, type Protocol, parametrizations } from '../protocol/protocol-schema.js';
import { replicateKey, type Settings, settingsOf } from '../protocol/settings.js';
import { expand, type Trial } from '../protocol/trials.js';
import { type Provenance, summarizeProvenance } from './provenance.js';
import { didNotLearn, type FinishedRecord, isFinished, type TrialError, type TrialRecord } from './record.js';
import { type DamagedTrial, readProtocol, survey } from './run-directory.js';
import { checkArrays, readArrays } from './trial-arrays.js';

export const summaryFile = 'summary.json';

export interface Statistic {
  readonly mean: number;
  /** Sample standard deviation; null for a single trial. */
  readonly sd: number | null;
}

/** Trials that differ in nothing but their index and seed; those that failed are not counted. */
export interface GroupSummary {
  readonly parametrization: Parametrization;
  /** 0 where there is no teacher. */
  readonly teacherSize: number;
  readonly width: number;
  /** Of every other field that the protocol varies, by its path. */
  readonly settings: Settings;
  readonly trials: number;
  /** Relevance divided by each trial's own maximum. */
  readonly effectiveSize: Statistic;
  /** Relevance divided by the maximum over the trials of the group, as in the paper's size figure. */
  readonly effectiveSizePooled: Statistic;
  readonly trainLoss: Statistic;
  readonly validationLoss: Statistic;
  readonly testLoss: Statistic;
  /** Trials that predict no better than a constant: see didNotLearn. */
  readonly didNotLearn: number;
  /** Absent where records have none; so is the next. */
  readonly testAccuracy?: Statistic;
  /** With only the effectiveSize most relevant nodes kept. */
  readonly prunedAccuracy?: Statistic;
  readonly seconds: Statistic;
}

export interface TrialFailure extends Pick<TrialError, 'code' | 'message'> {
  readonly key: string;
  readonly parametrization: Parametrization;
  readonly teacherSize: number;
  readonly width: number;
  readonly settings: Settings;
  readonly seed: number;
  readonly trial: number;
}

export interface Summary extends Provenance {
  readonly schema: 1;
  readonly protocol: Protocol;
  readonly trials: { readonly total: number; readonly finished: number; readonly failed: number };
  readonly groups: readonly GroupSummary[];
  readonly failures: readonly TrialFailure[];
  /** Trials with files that cannot be trusted: they are in none of the above, and the next sweep trains them again. */
  readonly damaged: readonly DamagedTrial[];
}

/**
 * Summary of whatever a run directory holds; also written to its summary.json.
 * @param signal aborting it ends the work with its reason, and what was there stays
 * @throws file_unreadable when there is no run in the directory; invalid_protocol; file_unwritable
 */
export async function writeSummary(directory: string, signal?: AbortSignal): Promise<Summary> {
  const protocol = await readProtocol(directory);
  const trials = expand(protocol);
  const { found, damaged } = await surveyRecords(directory, trials, signal);
  const settings = settingsOf(protocol);
  const groups: GroupSummary[] = [];
  for (const group of groupRecords([...found.values()].filter(isFinished))) {
    signal?.throwIfAborted();
    const relevance = await readRelevance(directory, group, (trial) => {
      found.delete(trial.key);
      damaged.push(trial);
    });
    if (relevance.size > 0) groups.push(summarizeGroup(relevance, settings));
  }
  const records = [...found.values()];
  const failures = records
    .flatMap((record) => toFailure(record, settings))
    .sort((a, b) => a.width - b.width || a.trial - b.trial);
  const summary: Summary = {
    schema: 1,
    protocol,
    ...summarizeProvenance(records),
    trials: { total: trials.length, finished: records.length - failures.length, failed: failures.length },
    groups,
    failures,
    damaged: damaged.sort((a, b) => (a.key < b.key ? -1 : 1)),
  };
  await writeAtomically(join(directory, summaryFile), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

/** Records by key, of which those that finished have not had their arrays looked at. */
function surveyRecords(directory: string, trials: readonly Trial[], signal: AbortSignal | undefined) {
  const protocols = new Map(trials.map(({ key, protocol }) => [key, protocol]));
  return survey(directory, trials, async (record): Promise<TrialRecord> => {
    signal?.throwIfAborted();
    if (!isFinished(record)) await checkArrays(directory, record);
    // With the protocol that is in memory already, and equal: most of a record is its own copy of it.
    return { ...record, protocol: protocols.get(record.key) ?? record.protocol };
  });
}

/**
 * Records that differ in nothing but trial and seed, by teacher size, width and parametrisation, spectral first; within
 * those, and in each group, in the order in which they come.
 */
export function groupRecords(records: readonly FinishedRecord[]): FinishedRecord[][] {
  const groups = new Map<string, FinishedRecord[]>();
  for (const record of records) {
    const key = replicateKey(record.protocol);
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  const order = (record: FinishedRecord) => parametrizations.indexOf(record.parametrization);
  return [...groups.values()].sort(([first], [second]) => {
    const [a, b] = [first as FinishedRecord, second as FinishedRecord];
    return a.teacherSize - b.teacherSize || a.width - b.width || order(a) - order(b);
  });
}

type SettingsOf = ReturnType<typeof settingsOf>;

/** Relevance, [h] each, by record; those whose arrays are damaged are left out and given to `leaveOut`. */
async function readRelevance(
  directory: string,
  group: readonly FinishedRecord[],
  leaveOut: (trial: DamagedTrial) => void,
): Promise<Map<FinishedRecord, Float64Array>> {
  const found = new Map<FinishedRecord, Float64Array>();
  for (const record of group) {
    try {
      found.set(record, (await readArrays(directory, record)).relevance);
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      leaveOut({ key: record.key, reason: error.message });
    }
  }
  return found;
}

/** @param relevanceOf the records of a group, one at least, with the relevance of each */
function summarizeGroup(
  relevanceOf: ReadonlyMap<FinishedRecord, Float64Array>,
  settings: SettingsOf,
): GroupSummary {
  const group = [...relevanceOf.keys()];
  const { parametrization, teacherSize, width, protocol } = group[0] as FinishedRecord;
  const maximum = Math.max(...group.map(({ maximumRelevance }) => maximumRelevance));
  const pooled = [...relevanceOf].map(([{ threshold }, relevance]) =>
    effectiveSize(relevance, { threshold, maximum }),
  );
  const of = (name: 'effectiveSize' | 'trainLoss' | 'validationLoss' | 'testLoss' | 'seconds') =>
    statistic(group.map((record) => record[name]));
  return {
    parametrization,
    teacherSize,
    width,
    settings: settings(protocol),
    trials: group.length,
    effectiveSize: of('effectiveSize'),
    effectiveSizePooled: statistic(pooled),
    trainLoss: of('trainLoss'),
    validationLoss: of('validationLoss'),
    testLoss: of('testLoss'),
    didNotLearn: group.filter(didNotLearn).length,
    ...accuraciesOf(group),
    seconds: of('seconds'),
  };
}

function accuraciesOf(group: readonly FinishedRecord[]) {
  const names = ['testAccuracy', 'prunedAccuracy'] as const;
  const found = names.map((name) => [name, group.map((record) => record[name])] as const);
  const known = found.filter(([, values]) => values.every((value) => value !== undefined));
  return Object.fromEntries(known.map(([name, values]) => [name, statistic(values as number[])])) as {
    readonly [Name in (typeof names)[number]]?: Statistic;
  };
}

export function statistic(values: readonly number[]): Statistic {
  const { mean, sd } = summarize(values);
  return { mean, sd: Number.isNaN(sd) ? null : sd };
}

/** Of a record of a trial that failed; nothing of one that finished. */
export function toFailure(record: TrialRecord, settings: SettingsOf): TrialFailure[] {
  if (isFinished(record)) return [];
  const { key, parametrization, teacherSize, width, seed, trial, protocol, error } = record;
  const { code, message } = error;
  const place = { key, parametrization, teacherSize, width, settings: settings(protocol), seed, trial };
  return [{ ...place, code, message }];
}
