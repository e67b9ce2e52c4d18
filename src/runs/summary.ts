/** summary.json: the results of a run, per group of trials that differ in nothing but their index and seed. */
import { join } from 'node:path';
import { EigenstudentError } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import {
  type ExperimentForm,
  formOf,
  type GroupMember,
  type ProtocolDocument,
} from '../protocol/experiment-form.js';
import { placeOf } from '../protocol/place.js';
import { replicateKey, type Settings, settingsOf } from '../protocol/settings.js';
import { expand, type Trial } from '../protocol/trials.js';
import { type Provenance, summarizeProvenance } from './provenance.js';
import { type FinishedRecord, isFinished, type TrialError, type TrialRecord } from './record.js';
import { type DamagedTrial, readProtocol, survey } from './run-directory.js';
import { type Statistic, statistic } from './statistic.js';
import { arraysPath, checkArrays, float64, readTensors } from './trial-arrays.js';

export const summaryFile = 'summary.json';

/** Finished trials that differ in nothing but their index and seed. */
export interface GroupSummary {
  /** Values of every other field than its place that the protocol varies, by its path. */
  readonly settings: Settings;
  readonly trials: number;
}

/** With the values of its place, and the results of summarizeGroup. */
export type AnyGroupSummary = GroupSummary & Readonly<Record<string, unknown>>;

/** `P`: the type of ExperimentForm.place. */
export type TrialFailure<P extends object = object> = P &
  Pick<TrialError, 'code' | 'message'> & {
    readonly key: string;
    readonly settings: Settings;
    readonly seed: number;
    readonly trial: number;
  };

export interface Summary<G extends GroupSummary = GroupSummary, P extends object = object>
  extends Provenance {
  readonly schema: 1;
  readonly protocol: ProtocolDocument;
  readonly trials: { readonly total: number; readonly finished: number; readonly failed: number };
  readonly groups: readonly G[];
  readonly failures: readonly TrialFailure<P>[];
  /** Damaged trials: they are in none of the above, and the next sweep trains them again. */
  readonly damaged: readonly DamagedTrial[];
}

/**
 * Summary of the records in a run directory; also written to its summary.json.
 * @param signal aborting it ends the work with its reason, and the earlier file stays
 * @throws file_unreadable when there is no run in the directory; invalid_protocol; file_unwritable
 */
export async function writeSummary(directory: string, signal?: AbortSignal): Promise<Summary> {
  const protocol = await readProtocol(directory);
  const form = formOf(protocol);
  const trials = expand(protocol);
  const { found, damaged } = await surveyRecords(directory, trials, signal);
  const settings = settingsOf(protocol);
  const groups: GroupSummary[] = [];
  for (const group of groupRecords([...found.values()].filter(isFinished))) {
    signal?.throwIfAborted();
    const members = await readMembers(directory, form, group, (trial) => {
      found.delete(trial.key);
      damaged.push(trial);
    });
    const [first] = group;
    if (first && members.length > 0)
      groups.push({
        ...form.place(first.protocol),
        settings: settings(first.protocol),
        trials: members.length,
        ...(form.summarizeGroup?.(members) ?? statisticsOf(members, Object.keys(form.place(first.protocol)))),
      });
  }
  const records = [...found.values()];
  const failures = sorted(records).flatMap((record) => toFailure(record, settings));
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

/** Records by key; the arrays of finished ones have not been verified. */
function surveyRecords(directory: string, trials: readonly Trial[], signal: AbortSignal | undefined) {
  const protocols = new Map(trials.map(({ key, protocol }) => [key, protocol]));
  return survey(directory, trials, async (record): Promise<TrialRecord> => {
    signal?.throwIfAborted();
    if (!isFinished(record)) await checkArrays(directory, record);
    // With the equal protocol that is in memory already: most of a record is its own copy of it.
    return { ...record, protocol: protocols.get(record.key) ?? record.protocol };
  });
}

/**
 * Groups of records that differ in nothing but trial and seed, in the order of their places; within those, and in each
 * group, in their order here.
 */
export function groupRecords<Finished extends FinishedRecord<unknown>>(
  records: readonly Finished[],
): Finished[][] {
  const groups = new Map<string, Finished[]>();
  for (const record of records) {
    const key = replicateKey(record.protocol);
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return [...groups.values()].sort(([a], [b]) => comparePlaces(a as Finished, b as Finished));
}

function comparePlaces(a: TrialRecord<unknown>, b: TrialRecord<unknown>): number {
  return formOf(a).comparePlaces?.(placeOf(a.protocol), placeOf(b.protocol)) ?? 0;
}

function sorted(records: readonly TrialRecord[]): TrialRecord[] {
  return records.toSorted((a, b) => comparePlaces(a, b) || a.trial - b.trial);
}

type SettingsOf = ReturnType<typeof settingsOf>;

/** The members of a group for its summary; trials whose arrays are damaged are left out and passed to `leaveOut`. */
async function readMembers(
  directory: string,
  { summaryTensors = [] }: ExperimentForm,
  group: readonly FinishedRecord[],
  leaveOut: (trial: DamagedTrial) => void,
): Promise<GroupMember[]> {
  const members: GroupMember[] = [];
  for (const record of group) {
    try {
      const file = await readTensors(directory, record);
      const path = arraysPath(directory, record);
      // Copies: a view would keep the whole file in memory.
      const tensors = summaryTensors.map((name) => [name, float64(file, name, path).slice()] as const);
      const { scalars, seconds } = record;
      members.push({ scalars, seconds, tensors: Object.fromEntries(tensors) });
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      leaveOut({ key: record.key, reason: error.message });
    }
  }
  return members;
}

/** Statistics of every scalar but those of the place, over the trials in which it is a number, and of their seconds. */
function statisticsOf(
  members: readonly GroupMember[],
  place: readonly string[],
): Readonly<Record<string, Statistic>> {
  const names = new Set(members.flatMap(({ scalars }) => Object.keys(scalars)));
  const found = [...names].flatMap((name): [string, Statistic][] => {
    const values = members.map(({ scalars }) => scalars[name]).filter((value) => typeof value === 'number');
    return values.length > 0 && !place.includes(name) ? [[name, statistic(values)]] : [];
  });
  return { ...Object.fromEntries(found), seconds: statistic(members.map(({ seconds }) => seconds)) };
}

/** The failure of a failed trial's record; undefined for a finished one. */
export function toFailure(record: TrialRecord, settings: SettingsOf): TrialFailure[] {
  if (isFinished(record)) return [];
  const { key, seed, trial, protocol, error } = record;
  const { code, message } = error;
  const place = { key, ...placeOf(protocol), settings: settings(protocol), seed, trial };
  return [{ ...place, code, message }];
}
