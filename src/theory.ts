/**
 * `eigenstudent/theory`: losses that are averages over all inputs, exactly, and their critical points. A separate entry, so that
 * the matrix library is loaded only where it is used.
 * @module eigenstudent/theory
 */

export {
  type DataObjective,
  type GradientFlow,
  type GradientFlowOptions,
  gradientFlow,
  gradientFlows,
} from './flow/gradient-flow.js';
export * from './theory/index.js';
