/** What `eigenstudent/theory` has of this folder. */

export {
  type CriticalPoint,
  type CriticalPointKind,
  type CriticalPointOptions,
  criticalPoint,
} from './critical-point.js';
export { classifyEndPoint, type EndPoint, type EndPointKind, type EndPointOptions } from './end-point.js';
export { type HiddenLayer, orthonormalTeacher, type TeacherSize } from './hidden-layer.js';
export * from './one-pass/index.js';
export {
  type PopulationLoss,
  type PopulationLossOptions,
  type PopulationStudent,
  populationLoss,
} from './population-loss.js';
export type { Spectrum } from './spectrum.js';
