/** The state of a run directory and of the processes that work on it, from its files alone. */

import { epochsOf, placeOf } from '../../protocol/place.js';
import { type Settings, settingsOf } from '../../protocol/settings.js';
import { expand, type Trial } from '../../protocol/trials.js';
import { type Provenance, summarizeProvenance } from '../provenance.js';
import { readProtocol } from '../run-directory.js';
import type { TrialFailure } from '../summary.js';
import { type RecordSummary, scanRecords } from './record-summary.js';
import { countTrials, Found, type TrialCounts } from './trial-counts.js';
import { readWorkers, type Worker } from './workers.js';

/** Trials that differ in nothing but their index and seed. `P`: the type of ExperimentForm.place. */
export type GroupStatus<P extends object = object> = P &
  TrialCounts & {
    /** Values of every other field that the protocol varies, by its path. */
    readonly settings: Settings;
  };

/** An unfinished trial that will continue from its checkpoint. */
export type BegunTrial<P extends object = object> = P & {
  readonly settings: Settings;
  readonly key: string;
  readonly seed: number;
  readonly trial: number;
  /** Completed when the checkpoint was written. */
  readonly epoch: number;
  /** Epochs of the whole trial. */
  readonly epochs: number;
};

/**
 * Over the trials that ended in the hour before the last ending: from the start of the first of them to that ending;
 * pauses count.
 */
export interface Throughput {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly trialsPerHour: number;
  /** Of all students together. */
  readonly stepsPerSecond: number;
}

export interface RunStatus<P extends object = object> extends Provenance {
  readonly directory: string;
  readonly trials: TrialCounts;
  readonly groups: readonly GroupStatus<P>[];
  readonly begun: readonly BegunTrial<P>[];
  /** In the order of the protocol. No sweep trains them again. */
  readonly failures: readonly TrialFailure<P>[];
  /**
   * Keys of trials whose record cannot be read or whose arrays are missing; checksums are verified by a sweep only. The
   * next sweep trains them again.
   */
  readonly damaged: readonly string[];
  /** ISO 8601, UTC; null before there is a record. */
  readonly lastFinishedAt: string | null;
  /** null before two trials have ended, and for less than ten seconds. */
  readonly throughput: Throughput | null;
  /** Of the unfinished trials, those whose locks they hold are running. */
  readonly workers: readonly Worker[];
}

type SettingsOf = ReturnType<typeof settingsOf>;

/** Milliseconds. */
const hour = 3_600_000;
/** Milliseconds. A shorter time is no measure of throughput per hour; arbitrary. */
const shortestSpan = 10_000;

/** @throws file_unreadable when it is no run directory; invalid_protocol */
export async function runStatus(directory: string): Promise<RunStatus> {
  const protocol = await readProtocol(directory);
  const trials = expand(protocol);
  const settings = settingsOf(protocol);
  const scanned = await scanRecords(directory);
  const { records, damaged } = scanned;
  const found = new Found(scanned);
  const wanted = new Set(trials.map(({ key }) => key));
  const present = records.filter(({ key }) => wanted.has(key));
  const last = present.reduce((latest, { finished }) => Math.max(latest, finished), Number.NEGATIVE_INFINITY);
  return {
    directory,
    trials: countTrials(trials, found),
    groups: groups(trials, settings, found),
    begun: begunTrials(trials, settings, found),
    failures: failures(trials, settings, found),
    damaged: damaged.filter((key) => wanted.has(key)),
    ...summarizeProvenance(present.map(({ made }) => made)),
    lastFinishedAt: present.length > 0 ? new Date(last).toISOString() : null,
    throughput: throughput(present, last),
    workers: await readWorkers(directory),
  };
}

interface Placed {
  readonly settings: Settings;
}

function placed({ protocol }: Trial, settings: SettingsOf): Placed {
  return { ...placeOf(protocol), settings: settings(protocol) };
}

/** In the order of the protocol. */
function groups(trials: readonly Trial[], settingsOf: SettingsOf, found: Found): GroupStatus[] {
  const members = new Map<string, { readonly place: Placed; readonly group: Trial[] }>();
  for (const trial of trials) {
    const place = placed(trial, settingsOf);
    const name = JSON.stringify(place);
    const existing = members.get(name);
    if (existing) existing.group.push(trial);
    else members.set(name, { place, group: [trial] });
  }
  return [...members.values()].map(({ place, group }) => ({ ...place, ...countTrials(group, found) }));
}

/** In the order of the protocol. */
function begunTrials(trials: readonly Trial[], settings: SettingsOf, found: Found): BegunTrial[] {
  return trials.flatMap((trial) => {
    const epoch = found.record(trial) ? undefined : found.epoch(trial);
    if (epoch === undefined) return [];
    const { seed, trial: index } = trial.protocol;
    const epochs = epochsOf(trial.protocol);
    return [{ key: trial.key, ...placed(trial, settings), seed, trial: index, epoch, epochs }];
  });
}

/** In the order of the protocol. */
function failures(trials: readonly Trial[], settings: SettingsOf, found: Found): TrialFailure[] {
  return trials.flatMap((trial) => {
    const record = found.record(trial);
    if (!record?.failed) return [];
    const { seed, trial: index } = trial.protocol;
    const error = { code: record.code ?? 'internal', message: record.message ?? '' };
    return [{ key: trial.key, ...placed(trial, settings), seed, trial: index, ...error }];
  });
}

/** Trials that train side by side end together: their time begins where the first of them began. */
function throughput(records: readonly RecordSummary[], last: number): Throughput | null {
  const recent = records.filter(({ finished }) => finished >= last - hour);
  const begun = recent.reduce(
    (first, { finished, seconds }) => Math.min(first, finished - 1000 * seconds),
    last,
  );
  // A long trial began before that hour; others that ended meanwhile count as well.
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
