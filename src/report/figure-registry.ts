import { baselinesFigure } from '../experiments/teacher-student/figures/baselines.js';
import { costFigure } from '../experiments/teacher-student/figures/cost.js';
import { effectiveSizeFigure } from '../experiments/teacher-student/figures/effective-size.js';
import { inputRelevanceFigure, ranksInputs } from '../experiments/teacher-student/figures/input-relevance.js';
import { lossFigure } from '../experiments/teacher-student/figures/loss.js';
import { lossCurvesFigure } from '../experiments/teacher-student/figures/loss-curves.js';
import { pathsFigure } from '../experiments/teacher-student/figures/paths.js';
import { pruningFigure } from '../experiments/teacher-student/figures/pruning.js';
import { relevanceHistogramFigure } from '../experiments/teacher-student/figures/relevance-histogram.js';
import { topologyFigure } from '../experiments/teacher-student/figures/topology.js';
import { trajectoriesFigure } from '../experiments/teacher-student/figures/trajectories.js';
import { universalityFigure } from '../experiments/teacher-student/figures/universality.js';
import type { TrialGroup } from '../experiments/teacher-student/panels/trial-groups.js';
import type { Figure, LeftOut } from '../figures/figure.js';

type Make = (groups: readonly TrialGroup[]) => Figure | LeftOut;

/** Every figure of any report, in its order, by the name that it gives itself. */
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

/** Of a figure that could not be made, and so could not say it. */
export function nameOfFigure(make: Make): string {
  if (make === inputRelevanceFigure) return 'input-relevance';
  return Object.keys(byName).find((name) => byName[name] === make) ?? 'figure';
}

/** Those, and what only runs that ask for it have. */
export function figuresFor(groups: readonly TrialGroup[]): readonly Make[] {
  return ranksInputs(groups) ? [...figures, inputRelevanceFigure] : figures;
}
