import type { Figure, LeftOut } from '../../../figures/figure.js';
import { baselinesFigure } from '../figures/baselines.js';
import { costFigure } from '../figures/cost.js';
import { effectiveSizeFigure } from '../figures/effective-size.js';
import { inputRelevanceFigure, ranksInputs } from '../figures/input-relevance.js';
import { lossFigure } from '../figures/loss.js';
import { lossCurvesFigure } from '../figures/loss-curves.js';
import { pathsFigure } from '../figures/paths.js';
import { pruningFigure } from '../figures/pruning.js';
import { relevanceHistogramFigure } from '../figures/relevance-histogram.js';
import { topologyFigure } from '../figures/topology.js';
import { trajectoriesFigure } from '../figures/trajectories.js';
import { universalityFigure } from '../figures/universality.js';
import type { TrialGroup } from '../panels/trial-groups.js';

type Make = (groups: readonly TrialGroup[]) => Figure | LeftOut;

/** Every figure of any report, in order, by its name. */
const byName: Readonly<Record<string, Make>> = {
  'relevance-histogram': relevanceHistogramFigure,
  'effective-size': effectiveSizeFigure,
  loss: lossFigure,
  pruning: pruningFigure,
  universality: universalityFigure,
  baselines: baselinesFigure,
  paths: pathsFigure,
  topology: topologyFigure,
  trajectories: trajectoriesFigure,
  'loss-curves': lossCurvesFigure,
  cost: costFigure,
};

export const figures: readonly Make[] = Object.values(byName);

/** The name of a figure that could not be made. */
export function nameOfFigure(make: Make): string {
  if (make === inputRelevanceFigure) return 'input-relevance';
  return Object.keys(byName).find((name) => byName[name] === make) ?? 'figure';
}

/** These figures, and those that are drawn only for some runs. */
export function figuresFor(groups: readonly TrialGroup[]): readonly Make[] {
  return ranksInputs(groups) ? [...figures, inputRelevanceFigure] : figures;
}
