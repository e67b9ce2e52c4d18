/**
 * `eigenstudent/theory`: losses that are averages over all inputs, exactly, and their critical points. A separate entry, so that
 * the matrix library is loaded only where it is used.
 * @module eigenstudent/theory
 */

export {
  type CriticalPoint,
  type CriticalPointKind,
  type CriticalPointOptions,
  criticalPoint,
} from './critical-point.js';
export { classifyEndPoint, type EndPoint, type EndPointKind, type EndPointOptions } from './end-point.js';
export {
  type DataObjective,
  type GradientFlow,
  type GradientFlowOptions,
  gradientFlow,
  gradientFlows,
} from './gradient-flow.js';
export { type HiddenLayer, orthonormalTeacher, type TeacherSize } from './hidden-layer.js';
export * from './one-pass/index.js';
export {
  type PopulationLoss,
  type PopulationLossOptions,
  type PopulationStudent,
  populationLoss,
} from './population-loss.js';
export type { Spectrum } from './spectrum.js';
