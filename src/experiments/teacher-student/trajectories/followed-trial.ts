import { evenly, largest } from '../../../analysis/numbers.js';
import type { ReportTrial, TrialGroup } from '../panels/trial-groups.js';

/** Number of nodes above the threshold at the end, and of the others: more lines are not distinguishable. Arbitrary. */
const mostNodes = 40;
/** Points of a line; the resolution of a panel of 200 pixels. Arbitrary. */
const mostPoints = 26;

/** A trial whose node history was kept, prepared for drawing. */
export interface FollowedTrial {
  readonly group: TrialGroup;
  readonly series: string;
  readonly trial: ReportTrial;
  /** [n + 1]; 0: before the first step */
  readonly epochs: readonly number[];
  /** [n + 1]: nodes above the threshold */
  readonly sizes: readonly number[];
  readonly nodes: readonly FollowedNode[];
  /** Indices into epochs. */
  readonly drawnEpochs: readonly number[];
}

export interface FollowedNode {
  readonly node: number;
  /** Whether its relevance is above the threshold at the end. */
  readonly stays: boolean;
  /** [n + 1], divided by the largest at the same epoch */
  readonly relevance: readonly number[];
  /** [n + 1]; absent where eigenvalues are not trained */
  readonly eigenvalues?: readonly number[];
}

/** The first trial of the group whose nodes were followed. */
export function followedTrial(group: TrialGroup, series: string): FollowedTrial | undefined {
  const trial = group.trials.find(({ nodeHistory }) => nodeHistory !== undefined);
  if (trial?.nodeHistory === undefined) return undefined;
  const { relevance, eigenvaluesOut } = trial.nodeHistory;
  const { width, threshold, lossHistory } = trial;
  const epochs = [0, ...lossHistory.epoch];
  const rows = epochs.map((_, k) => normalised(relevance.subarray(k * width, (k + 1) * width)));
  const nodes = drawnNodes(rows.at(-1) as number[], threshold).map(
    ({ node, stays }): FollowedNode => ({
      node,
      stays,
      relevance: rows.map((row) => row[node] as number),
      eigenvalues: eigenvaluesOut && epochs.map((_, k) => eigenvaluesOut[k * width + node] as number),
    }),
  );
  return {
    ...{ group, series, trial, epochs, nodes },
    sizes: rows.map((row) => row.filter((value) => value > threshold).length),
    drawnEpochs: evenly([...epochs.keys()], mostPoints),
  };
}

/** Zeros for a student without any relevance. */
function normalised(row: Float32Array): number[] {
  const most = largest(Array.from(row));
  return Array.from(row, (value) => (most > 0 ? value / most : 0));
}

/** By rank, the most and the least relevant among them. */
function drawnNodes(end: readonly number[], threshold: number): { node: number; stays: boolean }[] {
  const ranked = [...end.keys()].sort((a, b) => (end[b] as number) - (end[a] as number) || a - b);
  const stays = (node: number) => (end[node] as number) > threshold;
  return [true, false].flatMap((kind) =>
    evenly(
      ranked.filter((node) => stays(node) === kind),
      mostNodes,
    ).map((node) => ({ node, stays: kind })),
  );
}
