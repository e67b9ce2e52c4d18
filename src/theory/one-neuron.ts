/** The best student of one neuron in the direction of the teacher's mean. */
import { EigenstudentError } from '../errors.js';
import { nodeSymmetry } from '../network/activation-symmetry.js';
import { averagingNeuron, type Point, teacherRow } from './copy-average.js';
import type { PopulationLoss } from './population-loss.js';
import { addMultiple, inner, type SymmetricTeacher } from './symmetric-teacher.js';

/** The search for |w| in units of the teacher's: steps by this factor, and where it ends; arbitrary. */
const stride = 1.3;
const [shortest, longest] = [1e-4, 20];

/**
 * In closed form for erf and scaledErf. For others a is eliminated and |w| is a root of the slope of the loss; where the activation
 * is homogeneous (relu, leakyRelu, linear, quadratic) only a |w|^degree is determined, and |w| is that of the teacher.
 */
export function oneNeuronPoint(loss: PopulationLoss, teacher: SymmetricTeacher): Point {
  const { activation } = loss;
  const direction = new Float64Array(teacher.inputs);
  for (let l = 0; l < teacher.neurons; ++l) addMultiple(1, teacherRow(teacher, l), direction);
  const length = Math.sqrt(inner(direction, direction));
  for (let p = 0; p < direction.length; ++p) direction[p] = (direction[p] as number) / length;
  if (activation === 'erf' || activation === 'scaledErf') {
    const neuron = averagingNeuron(activation, teacher.neurons, teacher);
    return { weights: direction.map((x) => x * neuron.norm), outgoing: Float64Array.of(neuron.outgoing) };
  }
  const homogeneous = nodeSymmetry(activation).degree !== null;
  const norm = homogeneous ? teacher.norm : bestNorm(loss, direction, teacher);
  const { point } = along(loss, direction, norm);
  return { weights: point.subarray(0, -1), outgoing: point.slice(-1) };
}

/** The neuron of length r with the best a, and the slope of the loss by r there. */
function along(loss: PopulationLoss, direction: Float64Array, r: number) {
  const point = new Float64Array(direction.length + 1);
  point.set(direction.map((x) => x * r));
  // dL/da = 2 a G - 2 S, with G = E s(w.x)^2 and S = E s(w.x) f*(x)
  const atZero = loss.gradient(point)[direction.length] as number;
  point[direction.length] = 1;
  const atOne = loss.gradient(point)[direction.length] as number;
  point[direction.length] = -atZero / (atOne - atZero);
  return { point, slope: inner(direction, loss.gradient(point).subarray(0, -1)) };
}

function bestNorm(loss: PopulationLoss, direction: Float64Array, teacher: SymmetricTeacher): number {
  const slope = (r: number) => along(loss, direction, r).slope;
  let inside = teacher.norm / Math.sqrt(teacher.neurons);
  let bySlope = slope(inside);
  const factor = bySlope > 0 ? 1 / stride : stride;
  for (
    let next = inside * factor;
    next > shortest * teacher.norm && next < longest * teacher.norm;
    next *= factor
  ) {
    const nextSlope = slope(next);
    if (nextSlope === 0) return next;
    if (nextSlope > 0 !== bySlope > 0) return root(slope, [inside, bySlope], [next, nextSlope]);
    [inside, bySlope] = [next, nextSlope];
  }
  throw new EigenstudentError(
    'invalid_argument',
    `expected an activation with a best neuron between ${shortest} and ${longest} times the teacher's length for criticalPoint ` +
      `('oneNeuron'), received ${loss.activation}, whose loss has no minimum there`,
  );
}

/** A root between two places of opposite sign, by bisection until neighbouring numbers. */
function root(slope: (r: number) => number, a: [number, number], b: [number, number]): number {
  let [[low, atLow], [high]] = [a, b];
  for (let step = 0; step < 100; ++step) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    const atMiddle = slope(middle);
    if (atMiddle > 0 === atLow > 0) [low, atLow] = [middle, atMiddle];
    else high = middle;
  }
  return (low + high) / 2;
}
