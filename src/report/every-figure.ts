import type { Figure, LeftOut } from './figure.js';
import { baselinesFigure } from './figures/baselines.js';
import { costFigure } from './figures/cost.js';
import { effectiveSizeFigure } from './figures/effective-size.js';
import { inputRelevanceFigure, ranksInputs } from './figures/input-relevance.js';
import { lossFigure } from './figures/loss.js';
import { lossCurvesFigure } from './figures/loss-curves.js';
import { pathsFigure } from './figures/paths.js';
import { pruningFigure } from './figures/pruning.js';
import { relevanceHistogramFigure } from './figures/relevance-histogram.js';
import { topologyFigure } from './figures/topology.js';
import { trajectoriesFigure } from './figures/trajectories.js';
import { universalityFigure } from './figures/universality.js';
import type { TrialGroup } from './trial-groups.js';

/** Every figure of any report, in its order. */
export const figures: readonly ((groups: readonly TrialGroup[]) => Figure | LeftOut)[] = [
  relevanceHistogramFigure,
  effectiveSizeFigure,
  lossFigure,
  pruningFigure,
  universalityFigure,
  baselinesFigure,
  pathsFigure,
  topologyFigure,
  trajectoriesFigure,
  lossCurvesFigure,
  costFigure,
];

/** Those, and what only runs that ask for it have. */
export function figuresFor(groups: readonly TrialGroup[]): typeof figures {
  return ranksInputs(groups) ? [...figures, inputRelevanceFigure] : figures;
}
