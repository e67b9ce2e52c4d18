/** summary.json: what a run found, per parametrisation, teacher size and width. */
import { join } from 'node:path';
import { effectiveSize } from '../../analysis/effective-size.js';
import { summarize } from '../../analysis/summary.js';
import { writeAtomically } from '../../network/atomic-write.js';
import { type Parametrization, type Protocol, parametrizations } from '../protocol/protocol-schema.js';
import { expand } from '../protocol/trials.js';
import { type FinishedRecord, isFinished, type TrialError, type TrialRecord } from './record.js';
import { readProtocol, readRecords } from './run-directory.js';
import { readArrays } from './trial-arrays.js';

export const summaryFile = 'summary.json';

export interface Statistic {
  readonly mean: number;
  /** Sample standard deviation; null for a single trial. */
  readonly sd: number | null;
}

/** Trials that differ in nothing but their index; those that failed are not counted. */
export interface GroupSummary {
  readonly parametrization: Parametrization;
  readonly teacherSize: number;
  readonly width: number;
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
  const wanted = new Set(trials.map(({ key }) => key));
  const records = (await readRecords(directory)).filter(({ key }) => wanted.has(key));
  const finished = records.filter(isFinished);
  const groups: GroupSummary[] = [];
  for (const group of groupRecords(finished)) groups.push(await summarizeGroup(directory, group));
  const failures = records.flatMap(toFailure).sort((a, b) => a.width - b.width || a.trial - b.trial);
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

/** By teacher size, width and parametrisation, spectral first; members by trial. */
export function groupRecords(records: readonly FinishedRecord[]): FinishedRecord[][] {
  const order = (record: FinishedRecord) => parametrizations.indexOf(record.parametrization);
  const sorted = records.toSorted(
    (a, b) => a.teacherSize - b.teacherSize || a.width - b.width || order(a) - order(b) || a.trial - b.trial,
  );
  const groups = new Map<string, FinishedRecord[]>();
  for (const record of sorted) {
    const name = `${record.teacherSize} ${record.width} ${record.parametrization}`;
    const group = groups.get(name);
    if (group) group.push(record);
    else groups.set(name, [record]);
  }
  return [...groups.values()];
}

async function summarizeGroup(directory: string, group: readonly FinishedRecord[]): Promise<GroupSummary> {
  const { parametrization, teacherSize, width } = group[0] as FinishedRecord;
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

function toFailure(record: TrialRecord): TrialFailure[] {
  if (isFinished(record)) return [];
  const { key, parametrization, teacherSize, width, trial, error } = record;
  return [{ key, parametrization, teacherSize, width, trial, code: error.code, message: error.message }];
}
