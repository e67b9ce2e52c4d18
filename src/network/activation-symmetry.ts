import type { NodeSymmetry } from '../analysis/topology/symmetry.js';
import { oneOf } from '../arguments.js';
import type { Activation } from './layers.js';

const none: NodeSymmetry = { parity: 'none', degree: null };
const odd: NodeSymmetry = { parity: 'odd', degree: null };
const positivelyHomogeneous: NodeSymmetry = { parity: 'none', degree: 1 };

/**
 * From the formulas in native/core/activations.h; a test holds each entry against the compiled function. f(-z) = 1 - f(z) of
 * the sigmoid, f(z) - z of softplus and of gelu: (-w, -v) is the same node only together with another bias or a linear
 * term, so they have no symmetry of their own.
 */
const symmetries: Record<Activation, NodeSymmetry> = {
  linear: { parity: 'odd', degree: 1 },
  relu: positivelyHomogeneous,
  leakyRelu: positivelyHomogeneous,
  elu: none,
  tanh: odd,
  sigmoid: none,
  softplus: none,
  gelu: none,
  erf: odd,
  quadratic: { parity: 'even', degree: 2 },
  scaledErf: odd,
};

/**
 * Which changes of the weights of a node with this activation leave what it contributes as it is.
 * @throws invalid_argument for an unknown name
 */
export function nodeSymmetry(activation: Activation): NodeSymmetry {
  return symmetries[oneOf('activation of nodeSymmetry', activation, Object.keys(symmetries) as Activation[])];
}
