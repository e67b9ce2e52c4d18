/** Input of the figures: finished trials, grouped by settings. */

import { evenly } from '../../../analysis/numbers.js';
import { canonicalJson } from '../../../protocol/canonical-json.js';
import type { Settings } from '../../../protocol/settings.js';
import { type Parametrization, parametrizations } from '../protocol/schema.js';
import type { LossHistory, RankedLosses } from '../record/arrays.js';
import type { NodeHistory } from '../record/node-history.js';
import type { TrialStructure } from '../structure/trial-structure.js';

export type { Parametrization };

/** The part of a finished record and its arrays that the figures use. */
export interface ReportTrial {
  readonly parametrization: Parametrization;
  /** h_T; 0 where there is no teacher. */
  readonly teacherSize: number;
  readonly width: number;
  /** Values of every other field that the run varies. */
  readonly settings: Settings;
  readonly trial: number;
  /** Absent: the mean squared error. */
  readonly loss?: 'crossEntropy';
  readonly trainLoss: number;
  readonly testLoss: number;
  /** Nodes whose relevance, divided by the trial's largest, is above the threshold. */
  readonly effectiveSize: number;
  readonly threshold: number;
  /** Criterion of relevance (src/pruning/relevance.ts). */
  readonly criterion: 'L' | 'M';
  /** Training time. */
  readonly seconds: number;
  /** Number of patterns in training, repeated ones counted in every epoch. */
  readonly patternsSeen: number;
  readonly batchSize: number;
  readonly engine: string;
  /** [h], not normalised */
  readonly relevance: ArrayLike<number>;
  /** [h + 1]; index k: test loss of the student that keeps its k most relevant nodes */
  readonly pruningLosses: ArrayLike<number>;
  /** The same with the nodes removed in other orders, where the protocol requests them. */
  readonly rankedLosses?: RankedLosses;
  readonly lossHistory: LossHistory;
  /** Only for some trials that trialsWithStructure chose: few keep it. */
  readonly nodeHistory?: NodeHistory;
  /** [inputs], not normalised; of students that rank their inputs. */
  readonly inputRelevance?: ArrayLike<number>;
  /** Structure of its weights; only for trials that trialsWithStructure chose. */
  readonly structure?: TrialStructure;
}

/** Trials that differ in nothing but their index and seed. Never empty; ordered by index. */
export interface TrialGroup {
  readonly parametrization: Parametrization;
  readonly teacherSize: number;
  readonly width: number;
  readonly settings: Settings;
  readonly trials: readonly ReportTrial[];
}

/**
 * Groups in the order of every table: by teacher size, then width, then parametrisation, spectral first, then in their
 * order here.
 */
export function groupTrials(trials: readonly ReportTrial[]): TrialGroup[] {
  const groups = new Map<string, ReportTrial[]>();
  for (const trial of trials) {
    const { parametrization, teacherSize, width, settings } = trial;
    const name = canonicalJson([parametrization, teacherSize, width, settings]);
    const group = groups.get(name);
    if (group) group.push(trial);
    else groups.set(name, [trial]);
  }
  return [...groups.values()]
    .map((members) => {
      const { parametrization, teacherSize, width, settings } = members[0] as ReportTrial;
      const ordered = members.toSorted((a, b) => a.trial - b.trial);
      return { parametrization, teacherSize, width, settings, trials: ordered };
    })
    .toSorted(
      (a, b) =>
        a.teacherSize - b.teacherSize ||
        a.width - b.width ||
        parametrizations.indexOf(a.parametrization) - parametrizations.indexOf(b.parametrization),
    );
}

export function teacherSizes(groups: readonly TrialGroup[]): number[] {
  return distinct(groups.map((group) => group.teacherSize));
}

/** Whether there is a teacher with whose size the students can be compared. */
export function hasTeacher(groups: readonly TrialGroup[]): boolean {
  return groups.some(({ teacherSize }) => teacherSize > 0);
}

/** Name of the loss on an axis. */
export function lossName(groups: readonly TrialGroup[]): string {
  return groups.some(({ trials }) => trials[0]?.loss === 'crossEntropy') ? 'cross-entropy' : 'MSE';
}

export function widths(groups: readonly TrialGroup[]): number[] {
  return distinct(groups.map((group) => group.width));
}

export function presentParametrizations(groups: readonly TrialGroup[]): Parametrization[] {
  return parametrizations.filter((name) => groups.some((group) => group.parametrization === name));
}

/** At most `count` of the widths, the narrowest and widest among them and the others evenly between by rank. */
export function someWidths(groups: readonly TrialGroup[], count: number): number[] {
  return [...evenly(widths(groups), count)];
}

/** "3 trials" or "2 to 3 trials", over the groups. */
export function trialCount(groups: readonly TrialGroup[]): string {
  const counts = distinct(groups.map((group) => group.trials.length));
  const [fewest, most] = [counts[0] as number, counts.at(-1) as number];
  const unit = most === 1 ? 'trial' : 'trials';
  return fewest === most ? `${most} ${unit}` : `${fewest} to ${most} ${unit}`;
}

/** Maximum number of groups in a table with many rows per group; arbitrary, a spreadsheet has a million rows. */
const mostTabled = 400;

/** The groups in a table of curves, the first and the last among them. */
export function tabledGroups(groups: readonly TrialGroup[]): readonly TrialGroup[] {
  return evenly(groups, mostTabled);
}

export function tableNotes(groups: readonly TrialGroup[]): string[] {
  return groups.length > mostTabled
    ? [
        `The table is of ${mostTabled} of ${groups.length} groups of trials, evenly between the first and the last.`,
      ]
    : [];
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
