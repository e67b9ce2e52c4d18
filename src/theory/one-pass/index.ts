/** One-pass SGD of quadratic networks: simulation, overlap equations, plateau, escape, landscape. */
export { type ClosestSolution, closest, conservedQuantity } from './closest.js';
export { type EscapeTime, type EscapeTimeOptions, escapeTime } from './escape.js';
export {
  type Landscape,
  type LandscapeAt,
  type LandscapeAtOptions,
  type LandscapeOptions,
  landscape,
  landscapeAt,
} from './landscape.js';
export type { Normalisation } from './normalisation.js';
export {
  type OnePassRecord,
  type OnePassRun,
  type OnePassSgdOptions,
  onePassSgd,
} from './one-pass-sgd.js';
export { type OverlapOdeOptions, type OverlapPoint, overlapOde } from './overlap-ode.js';
export type { Overlaps, Rows } from './overlaps.js';
export {
  type LearningRateLimits,
  type LearningRateLimitsOptions,
  learningRateLimits,
  type Plateau,
  type PlateauOptions,
  plateau,
} from './plateau.js';
export { type SgdOnSamples, type SgdOnSamplesOptions, sgdOnSamples } from './sgd-on-samples.js';
