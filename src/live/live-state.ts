/** The text, bars and tables of the page, computed from the files of the run directory. */
import { summarize } from '../analysis/summary.js';
import type { Place, PlaceColumn, Trial } from '../protocol/experiment-form.js';
import { epochsOf, placeOf, stepsOf } from '../protocol/place.js';
import type { RecordSummary } from '../runs/query/record-summary.js';
import type { LiveView } from '../sweep/live-view.js';
import type { Pace } from './pace.js';
import type { RunOnDisk, TrialOnDisk } from './run-follower.js';
import { groupsOf } from './trial-sample.js';

/** training: a living process holds its lock; paused: it has begun, and no process holds its lock; waiting: neither. */
export const trialStates = ['finished', 'failed', 'training', 'paused', 'waiting'] as const;
export type TrialState = (typeof trialStates)[number];
export type StateCounts = Record<TrialState, number>;

/** Trials that differ in nothing but their index and seed. */
export interface LiveGroup {
  readonly place: Place;
  /** A cell per column of `columns`. */
  readonly settings: readonly (number | string | null)[];
  readonly counts: StateCounts;
  /** Share of the epochs of all its trials, 0 to 1. */
  readonly progress: number;
  /**
   * Current statistics, by the names of LiveView.values: at the last evaluation of each trial that has one. null before
   * there is any.
   */
  readonly values: Readonly<Record<string, LiveStatistic | null>>;
}

export interface LiveStatistic {
  readonly mean: number;
  readonly sd: number | null;
  readonly trials: number;
}

export interface LiveFailure {
  readonly key: string;
  readonly place: Place;
  readonly trial: number;
  /** "learningRate 0.001": the other fields that the protocol varies; empty where there are none. */
  readonly settings: string;
  readonly message: string;
}

export interface LiveState {
  readonly directory: string;
  /** Why there is nothing to follow yet, or null. */
  readonly absent: string | null;
  /** The charts of the page; null where there is no run yet. The columns are those of every table. */
  readonly view: LiveView | null;
  readonly placeColumns: readonly PlaceColumn[];
  readonly total: number;
  readonly counts: StateCounts;
  /** Share of the steps of all trials, 0 to 1. */
  readonly progress: number;
  readonly processes: number;
  readonly engines: readonly string[];
  /** null where it is unknown. */
  readonly pace: Pace | null;
  /** At that pace; null where it is unknown. */
  readonly secondsLeft: number | null;
  /** ISO 8601, UTC. */
  readonly lastFinishedAt: string | null;
  /** At most mostGroups; groupCount is the number of all. */
  readonly groups: readonly LiveGroup[];
  readonly groupCount: number;
  /** Names of the other fields that the protocol varies. */
  readonly columns: readonly string[];
  /** Number of trials whose curves are drawn. */
  readonly drawn: number;
  /** The latest, at most mostFailures; counts.failed is the number of all. */
  readonly failures: readonly LiveFailure[];
  /** Keys of trials whose record cannot be read, or whose arrays are missing. */
  readonly damaged: readonly string[];
}

/** Maximum number of rows of a table, for a phone; arbitrary. */
const mostGroups = 300;
const mostFailures = 50;

/** @param observePace adds an observation of the progress and returns the pace */
export function liveState(
  directory: string,
  run: RunOnDisk,
  observePace: (steps: number, ended: number) => Pace | null,
): LiveState {
  const { trials, onDisk } = run;
  const groups = groupsOf(trials, (trial) => JSON.stringify(run.varied.cells(trial)));
  const records = trials.flatMap(({ key }) => recordOf(onDisk.get(key)) ?? []);
  const steps = trials.reduce((sum, { protocol }) => sum + stepsOf(protocol), 0);
  const done = trials.reduce((sum, trial) => sum + shareOf(trial, run) * stepsOf(trial.protocol), 0);
  const last = records.reduce((latest, { finished }) => Math.max(latest, finished), Number.NEGATIVE_INFINITY);
  const counts = count(trials, run);
  const observed = observePace(done, records.length);
  const pace = counts.training > 0 ? observed : null;
  return {
    directory,
    absent: run.absent,
    view: run.shown?.view ?? null,
    placeColumns: run.shown?.placeColumns ?? [],
    total: trials.length,
    counts,
    progress: steps > 0 ? done / steps : 0,
    processes: run.atWork.processes,
    engines: [...new Set(records.map(({ engine }) => engine))].sort(),
    pace,
    secondsLeft: pace && Math.round((steps - done) / pace.stepsPerSecond),
    lastFinishedAt: records.length > 0 ? new Date(last).toISOString() : null,
    groups: groups.slice(0, mostGroups).map((group) => liveGroup(group, run)),
    groupCount: groups.length,
    columns: run.varied.columns,
    drawn: run.drawn.size,
    failures: failures(trials, run),
    damaged: trials.filter(({ key }) => onDisk.get(key)?.record === 'damaged').map(({ key }) => key),
  };
}

function recordOf(found: TrialOnDisk | undefined): RecordSummary | undefined {
  return found?.record === 'damaged' ? undefined : found?.record;
}

export function stateOf({ key }: Trial, { onDisk, atWork }: RunOnDisk): TrialState {
  const found = onDisk.get(key);
  const record = recordOf(found);
  if (record) return record.failed ? 'failed' : 'finished';
  if (atWork.keys.has(key)) return 'training';
  return found?.curve || found?.steps !== undefined ? 'paused' : 'waiting';
}

function count(trials: readonly Trial[], run: RunOnDisk): StateCounts {
  const counts = Object.fromEntries(trialStates.map((state) => [state, 0])) as StateCounts;
  for (const trial of trials) counts[stateOf(trial, run)] += 1;
  return counts;
}

/** Share of its epochs, 0 to 1; the epochs that a failed trial did not train count as done. */
function shareOf({ key, protocol }: Trial, { onDisk }: RunOnDisk): number {
  const found = onDisk.get(key);
  if (recordOf(found)) return 1;
  const bySteps = (found?.steps ?? 0) / (stepsOf(protocol) || 1);
  return Math.min(1, Math.max(bySteps, (found?.curve?.epoch.at(-1) ?? 0) / (epochsOf(protocol) || 1)));
}

function liveGroup(group: readonly Trial[], run: RunOnDisk): LiveGroup {
  const first = group[0] as Trial;
  const names = run.shown?.view.values.map(({ name }) => name) ?? [];
  return {
    place: placeOf(first.protocol),
    settings: run.varied.cells(first),
    counts: count(group, run),
    progress: group.reduce((sum, trial) => sum + shareOf(trial, run), 0) / group.length,
    values: Object.fromEntries(names.map((name) => [name, statisticOf(valuesOf(name, group, run))])),
  };
}

/** Values of the trials that have one, from their record or their last evaluation. */
function valuesOf(name: string, group: readonly Trial[], { onDisk }: RunOnDisk): number[] {
  return group.flatMap(({ key }) => {
    const found = onDisk.get(key);
    const record = recordOf(found);
    const value = record ? record.scalars[name] : found?.curve?.[name]?.at(-1);
    return typeof value === 'number' ? [value] : [];
  });
}

function statisticOf(values: readonly number[]): LiveStatistic | null {
  if (values.length === 0) return null;
  const { mean, sd, count: trials } = summarize(values);
  return { mean, sd: trials > 1 ? sd : null, trials };
}

function failures(trials: readonly Trial[], run: RunOnDisk): LiveFailure[] {
  const { columns, cells } = run.varied;
  const failed = trials.flatMap((each) => {
    const { key, protocol } = each;
    const record = recordOf(run.onDisk.get(key));
    if (!record?.failed) return [];
    const { finished, message } = record;
    const settings = cells(each)
      .flatMap((cell, i) => (cell === null ? [] : `${columns[i]} ${cell}`))
      .join(', ');
    const place = { key, place: placeOf(protocol), trial: protocol.trial, settings };
    return [{ ...place, finished, message: message ?? '' }];
  });
  const latest = failed.toSorted((a, b) => b.finished - a.finished).slice(0, mostFailures);
  return latest.map(({ finished: _, ...failure }) => failure);
}
