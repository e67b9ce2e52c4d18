/** How far a run directory is and who works on it, from what lies in it: no process is asked. */
import { readProtocol } from '../directory/run-directory.js';
import { teacherSizeOf } from '../protocol/problem.js';
import type { Parametrization } from '../protocol/protocol-schema.js';
import { expand, type Trial } from '../protocol/trials.js';
import { glanceAtRecords, type RecordGlance } from './record-glance.js';
import { readWorkers, type Worker } from './workers.js';

export interface TrialCounts {
  readonly total: number;
  readonly finished: number;
  /** With a record of their error. */
  readonly failed: number;
  /** Without a record that can be read, or without its arrays. */
  readonly unfinished: number;
}

/** Trials of one arm, teacher size and width, whatever else the protocol varies. */
export interface GroupStatus extends TrialCounts {
  readonly parametrization: Parametrization;
  readonly teacherSize: number;
  readonly width: number;
}

/** From when the first of the trials of the hour before the last ending began, to that ending; pauses count. */
export interface Throughput {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly trialsPerHour: number;
  /** Steps of all students together. */
  readonly stepsPerSecond: number;
}

export interface RunStatus {
  readonly directory: string;
  readonly trials: TrialCounts;
  readonly groups: readonly GroupStatus[];
  /**
   * Keys of trials whose record cannot be read or whose arrays are missing; checksums are not looked at, as a sweep looks
   * at them. The next sweep trains them again.
   */
  readonly damaged: readonly string[];
  /** More than one means that results of different arithmetic stand side by side. */
  readonly engines: readonly string[];
  /** ISO 8601, UTC; null before there is a record. */
  readonly lastFinishedAt: string | null;
  /** null before two trials have ended, and of less than ten seconds. */
  readonly throughput: Throughput | null;
  /** Of the unfinished trials, those that they hold are running. */
  readonly workers: readonly Worker[];
}

/** Milliseconds. */
const hour = 3_600_000;
/** Milliseconds. Less says little of an hour; arbitrary. */
const shortestSpan = 10_000;

/** @throws file_unreadable when it is no run directory; invalid_protocol */
export async function runStatus(directory: string): Promise<RunStatus> {
  const trials = expand(await readProtocol(directory));
  const { records, damaged } = await glanceAtRecords(directory);
  const byKey = new Map(records.map((record) => [record.key, record]));
  const wanted = new Set(trials.map(({ key }) => key));
  const present = records.filter(({ key }) => wanted.has(key));
  const last = present.reduce((latest, { finished }) => Math.max(latest, finished), Number.NEGATIVE_INFINITY);
  return {
    directory,
    trials: counts(trials, byKey),
    groups: groups(trials, byKey),
    damaged: damaged.filter((key) => wanted.has(key)),
    engines: [...new Set(present.map(({ engine }) => engine))].sort(),
    lastFinishedAt: present.length > 0 ? new Date(last).toISOString() : null,
    throughput: throughput(present, last),
    workers: await readWorkers(directory),
  };
}

function counts(trials: readonly Trial[], records: ReadonlyMap<string, RecordGlance>): TrialCounts {
  let failed = 0;
  let finished = 0;
  for (const { key } of trials) {
    const record = records.get(key);
    if (record?.failed) failed += 1;
    else if (record) finished += 1;
  }
  return { total: trials.length, finished, failed, unfinished: trials.length - finished - failed };
}

/** In the order of the protocol. */
function groups(trials: readonly Trial[], records: ReadonlyMap<string, RecordGlance>): GroupStatus[] {
  const members = new Map<string, Trial[]>();
  for (const trial of trials) {
    const { parametrization, student } = trial.protocol;
    const name = `${parametrization} ${teacherSizeOf(trial.protocol)} ${student.width}`;
    const group = members.get(name);
    if (group) group.push(trial);
    else members.set(name, [trial]);
  }
  return [...members.values()].map((group) => {
    const { protocol } = group[0] as Trial;
    const { parametrization, student } = protocol;
    const place = { parametrization, teacherSize: teacherSizeOf(protocol), width: student.width };
    return { ...place, ...counts(group, records) };
  });
}

/** Trials that train side by side end together: the time that they took begins where the first of them began. */
function throughput(records: readonly RecordGlance[], last: number): Throughput | null {
  const recent = records.filter(({ finished }) => finished >= last - hour);
  const begun = recent.reduce(
    (first, { finished, seconds }) => Math.min(first, finished - 1000 * seconds),
    last,
  );
  // A long trial began before that hour; others that ended beside it count as well.
  const counted = records.filter(({ finished }) => finished >= begun);
  const span = last - begun;
  if (counted.length < 2 || span < shortestSpan) return null;
  const steps = counted.reduce((total, record) => total + record.steps, 0);
  return {
    since: new Date(begun).toISOString(),
    trialsPerHour: (counted.length * hour) / span,
    stepsPerSecond: (steps * 1000) / span,
  };
}
