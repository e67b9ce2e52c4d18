/**
 * `eigenstudent/analysis`: statistics of results, from numbers to numbers. A separate entry, so that the
 * matrix library of the fits is loaded only where they are used.
 * @module eigenstudent/analysis
 */

export { collapseFactor, type PositiveCurve } from './collapse/factor.js';
export {
  type CollapseFit,
  type FitCollapseOptions,
  fitCollapse,
  rescaleCurves,
  type Scaling,
  type SizedCurve,
} from './collapse/fit-collapse.js';
export { type CollapseQuality, type Curve, collapseQuality } from './collapse/quality.js';
export { type EffectiveSizeOptions, effectiveSize, normalize } from './effective-size.js';
export {
  type ConvergedFit,
  type Estimate,
  type ExponentialFit,
  evaluateFit,
  type FailedFit,
  type FitOptions,
  fitExponential,
  fitPowerLaw,
  type PowerLawFit,
} from './fits/fit.js';
export { type Histogram, type HistogramOptions, histogram } from './histogram.js';
export { type KolmogorovSmirnov, kolmogorovSmirnov } from './kolmogorov-smirnov.js';
export { type Summary, summarize } from './summary.js';
export type { Matrix } from './topology/matrix.js';
export {
  type NodeStrengthOptions,
  type NodeStrengths,
  nodeStrengths,
} from './topology/node-strengths.js';
export {
  type MatchedPair,
  type MatchOptions,
  matchNodes,
  type NodeMatch,
  type OverlapOptions,
  overlapMatrix,
} from './topology/overlap.js';
export { pathValues, resampleSorted } from './topology/paths.js';
export { type NodeSymmetry, signIsFree } from './topology/symmetry.js';
export { type BootstrapOptions, bootstrapInterval, type Interval } from './transition/bootstrap.js';
export {
  type CriticalExponent,
  type CriticalExponentOptions,
  criticalExponent,
  type OrderParameterCurve,
  orderParameter,
  orderParameterCurve,
  type PrunedStudents,
} from './transition/order-parameter.js';
export {
  type PruningTransition,
  type PruningTransitionOptions,
  plateauEdge,
  pruningTransition,
} from './transition/pruning-transition.js';
export {
  type LocatedSizeTransition,
  type SizesAtWidth,
  type SizeTransition,
  sizeTransition,
  type UnlocatedSizeTransition,
} from './transition/size-transition.js';
export { type Share, wilson } from './wilson.js';
