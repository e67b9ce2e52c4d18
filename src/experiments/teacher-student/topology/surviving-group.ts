import type { TrialGroup } from '../panels/trial-groups.js';
import type { Survivors } from '../structure/trial-structure.js';

/** The survivors of a group's trials, without trials in which no node is above the threshold. */
export interface SurvivingGroup {
  readonly group: TrialGroup;
  readonly series: string;
  readonly survivors: readonly Survivors[];
  /** Mean over trials of the overlap of as many random nodes. */
  readonly chance: number;
}
