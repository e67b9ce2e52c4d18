/**
 * The perturbed copy: neuron i points nearly at its own teacher vector, w_i = own v_i + copied sum_{j != i, j < n} v_j + uncopied
 * sum_{l >= n} v_l, with one outgoing weight a. The loss does not change when the neurons of student and teacher are exchanged
 * alike, so that a point which is critical in these four numbers is critical.
 */
import { Matrix, solve } from 'ml-matrix';
import { invalid, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { type Point, teacherRow } from './copy-average.js';
import type { PopulationLoss } from './population-loss.js';
import { addMultiple, inner, type SymmetricTeacher } from './symmetric-teacher.js';

/** More than any case took (21); arbitrary. */
const mostSteps = 500;

interface Reduced {
  readonly value: number;
  readonly gradient: number[];
  readonly hessian: number[][];
}

/** The directions of parameters [n d + n] in which own, copied, uncopied and a move; those that move nothing are left out. */
function directions(n: number, teacher: SymmetricTeacher): Float64Array[] {
  const { inputs, neurons: k } = teacher;
  const [own, copied, uncopied, outgoing] = Array.from(
    { length: 4 },
    () => new Float64Array(n * (inputs + 1)),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  for (let i = 0; i < n; ++i) {
    for (let l = 0; l < k; ++l) {
      const into = l === i ? own : l < n ? copied : uncopied;
      addMultiple(1, teacherRow(teacher, l), into.subarray(i * inputs, (i + 1) * inputs));
    }
    outgoing[n * inputs + i] = teacher.outgoing;
  }
  return [own, outgoing, copied, uncopied].filter((direction) => direction.some((x) => x !== 0));
}

function pointOf(z: readonly number[], along: readonly Float64Array[]): Float64Array {
  const point = new Float64Array((along[0] as Float64Array).length);
  for (const [c, direction] of along.entries()) addMultiple(z[c] as number, direction, point);
  return point;
}

function reduced(loss: PopulationLoss, z: readonly number[], along: readonly Float64Array[]): Reduced {
  const point = pointOf(z, along);
  const { value, gradient } = loss.valueAndGradient(point);
  const products = along.map((direction) => loss.hessianProduct(point, direction));
  return {
    value,
    gradient: along.map((direction) => inner(direction, gradient)),
    hessian: along.map((direction) => products.map((product) => inner(direction, product))),
  };
}

/** z - (H + damping I)^-1 g */
function stepped(z: readonly number[], { gradient, hessian }: Reduced, damping: number): number[] {
  const matrix = new Matrix(hessian);
  for (let c = 0; c < z.length; ++c) matrix.set(c, c, matrix.get(c, c) + damping);
  const step = solve(matrix, Matrix.columnVector(gradient)).to1DArray();
  return z.map((value, c) => value - (step[c] as number));
}

/**
 * Levenberg-Marquardt steps from the exact copy while the loss falls, then Newton's.
 * @throws invalid_argument for more neurons than the teacher has, or where no minimum was reached
 */
export function perturbedCopyPoint(loss: PopulationLoss, teacher: SymmetricTeacher, neurons: unknown): Point {
  const n = positiveInteger('neurons of criticalPoint', neurons);
  if (n > teacher.neurons)
    throw invalid(
      'neurons of criticalPoint',
      `at most ${teacher.neurons}, the neurons of the teacher, for a perturbed copy`,
      n,
    );
  const along = directions(n, teacher);
  let z: number[] = along.map((_, c) => (c < 2 ? 1 : 0));
  let at = reduced(loss, z, along);
  for (let step = 0, damping = 1e-2; step < mostSteps && Math.hypot(...at.gradient) > 1e-6; ++step) {
    const next = stepped(z, at, damping);
    const there = reduced(loss, next, along);
    const better = there.value < at.value;
    damping = better ? damping / 4 : damping * 4;
    if (better) [z, at] = [next, there];
  }
  const before = z;
  for (let step = 0; step < 6; ++step) {
    z = stepped(z, at, 0);
    at = reduced(loss, z, along);
  }
  // What rounding leaves: each component is a sum of n terms of order 1e-15. A step of Newton that leads elsewhere is none.
  const moved = Math.max(...z.map((value, c) => Math.abs(value - (before[c] as number))));
  if (!(Math.hypot(...at.gradient) < 1e-11 * n && moved < 0.01))
    throw new EigenstudentError(
      'invalid_argument',
      `expected a perturbed copy of ${n} neurons to exist for ${loss.activation} and a teacher of ${teacher.neurons}, found no minimum near ` +
        'the exact copy. Start a gradient flow there instead',
    );
  const point = pointOf(z, along);
  return { weights: point.slice(0, n * teacher.inputs), outgoing: point.slice(n * teacher.inputs) };
}
