/** summary.json: what a run found, per parametrisation, teacher size and width. */
import { join } from 'node:path';
import { effectiveSize } from '../../analysis/effective-size.js';
import { summarize } from '../../analysis/summary.js';
import { writeAtomically } from '../../network/atomic-write.js';
import { type Parametrization, type Protocol, parametrizations } from '../protocol/protocol-schema.js';
import { replicateKey, type Settings, settingsOf } from '../protocol/settings.js';
import { expand } from '../protocol/trials.js';
import { type FinishedRecord, isFinished, type TrialError, type TrialRecord } from './record.js';
import { readProtocol, readRecordIfWhole } from './run-directory.js';
import { readArrays } from './trial-arrays.js';

export const summaryFile = 'summary.json';

export interface Statistic {
  readonly mean: number;
  /** Sample standard deviation; null for a single trial. */
  readonly sd: number | null;
}

/** Trials that differ in nothing but their index and seed; those that failed are not counted. */
export interface GroupSummary {
  readonly parametrization: Parametrization;
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
  readonly seconds: Statistic;
}

export interface TrialFailure extends Pick<TrialError, 'code' | 'message'> {
  readonly key: string;
  readonly parametrization: Parametrization;
  readonly teacherSize: number;
  readonly width: number;
  readonly settings: Settings;
  readonly trial: number;
}

export interface Summary {
  readonly schema: 1;
  readonly protocol: Protocol;
  /** What trained, as in "cpu-avx2 float32". */
  readonly engines: readonly string[];
  /** Whether trials of one dtype were trained by several engines or versions: results of different arithmetic side by side. */
  readonly mixedEngines: boolean;
  readonly trials: { readonly total: number; readonly finished: number; readonly failed: number };
  readonly groups: readonly GroupSummary[];
  readonly failures: readonly TrialFailure[];
}

/**
 * Summary of whatever a run directory holds; also written to its summary.json.
 * @throws file_unreadable, file_corrupt, file_unwritable
 */
export async function writeSummary(directory: string): Promise<Summary> {
  const protocol = await readProtocol(directory);
  const trials = expand(protocol);
  const records: TrialRecord[] = [];
  for (const { key, protocol } of trials) {
    const record = await readRecordIfWhole(directory, key);
    // With the protocol that is in memory already, and equal: most of a record is its own copy of it.
    if (record) records.push({ ...record, protocol });
  }
  const settings = settingsOf(protocol);
  const finished = records.filter(isFinished);
  const groups: GroupSummary[] = [];
  for (const group of groupRecords(finished)) groups.push(await summarizeGroup(directory, group, settings));
  const failures = records
    .flatMap((record) => toFailure(record, settings))
    .sort((a, b) => a.width - b.width || a.trial - b.trial);
  const summary: Summary = {
    schema: 1,
    protocol,
    engines: [...new Set(records.map(({ engine, dtype }) => `${engine} ${dtype}`))].sort(),
    mixedEngines: areMixed(records),
    trials: { total: trials.length, finished: finished.length, failed: failures.length },
    groups,
    failures,
  };
  await writeAtomically(join(directory, summaryFile), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
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

async function summarizeGroup(
  directory: string,
  group: readonly FinishedRecord[],
  settings: SettingsOf,
): Promise<GroupSummary> {
  const { parametrization, teacherSize, width, protocol } = group[0] as FinishedRecord;
  const maximum = Math.max(...group.map(({ maximumRelevance }) => maximumRelevance));
  const pooled: number[] = [];
  for (const record of group) {
    const { relevance } = await readArrays(directory, record);
    pooled.push(effectiveSize(relevance, { threshold: record.threshold, maximum }));
  }
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
    seconds: of('seconds'),
  };
}

function areMixed(records: readonly TrialRecord[]): boolean {
  const makers = new Set(
    records.map(({ dtype, engine, versions }) => `${dtype} ${engine} ${versions.eigenstudent}`),
  );
  return makers.size > new Set(records.map(({ dtype }) => dtype)).size;
}

function statistic(values: readonly number[]): Statistic {
  const { mean, sd } = summarize(values);
  return { mean, sd: Number.isNaN(sd) ? null : sd };
}

function toFailure(record: TrialRecord, settings: SettingsOf): TrialFailure[] {
  if (isFinished(record)) return [];
  const { key, parametrization, teacherSize, width, trial, protocol, error } = record;
  const { code, message } = error;
  return [{ key, parametrization, teacherSize, width, settings: settings(protocol), trial, code, message }];
}
