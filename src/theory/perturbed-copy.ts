/**
 * The perturbed copy: neuron i points nearly at its own teacher vector, w_i = own v_i + copied sum_{j != i, j < n} v_j + uncopied
 * sum_{l >= n} v_l, with one outgoing weight a. The loss does not change when the neurons of student and teacher are exchanged
 * alike, so that a point which is critical in these four numbers is critical. Of homogeneous activations only a |w|^degree is
 * determined, and a is the teacher's.
 */
import { Matrix, solve } from 'ml-matrix';
import { invalid, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { nodeSymmetry } from '../network/activation-symmetry.js';
import { type Point, teacherRow } from './copy-average.js';
import type { PopulationLoss } from './population-loss.js';
import { addMultiple, inner, type SymmetricTeacher } from './symmetric-teacher.js';

/** More than any case took; arbitrary. */
const mostSteps = 500;
/** Each doubles the digits: from 1e-6 they need two. */
const newtonSteps = 6;

interface Reduced {
  readonly value: number;
  readonly gradient: number[];
  readonly hessian: number[][];
}

/** Points origin + sum_c z_c along_c of parameters [n d + n], and the z of the exact copy. */
interface Family {
  readonly origin: Float64Array;
  readonly along: readonly Float64Array[];
  readonly copy: readonly number[];
}

/** Along own, copied, uncopied and a, those that move something: copied needs two neurons, uncopied n < k. */
function familyOf(n: number, teacher: SymmetricTeacher, homogeneous: boolean): Family {
  const { inputs, neurons: k } = teacher;
  const zeros = () => new Float64Array(n * (inputs + 1));
  const [own, copied, uncopied, outgoing] = [zeros(), zeros(), zeros(), zeros()];
  for (let i = 0; i < n; ++i) {
    for (let l = 0; l < k; ++l) {
      const into = l === i ? own : l < n ? copied : uncopied;
      addMultiple(1, teacherRow(teacher, l), into.subarray(i * inputs, (i + 1) * inputs));
    }
    outgoing[n * inputs + i] = teacher.outgoing;
  }
  const along = [own, ...[copied, uncopied].filter((one) => one.some((x) => x !== 0))];
  const copy = along.map((one) => (one === own ? 1 : 0));
  if (homogeneous) return { origin: outgoing, along, copy };
  return { origin: zeros(), along: [...along, outgoing], copy: [...copy, 1] };
}

function pointOf(z: readonly number[], { origin, along }: Family): Float64Array {
  const point = origin.slice();
  for (const [c, direction] of along.entries()) addMultiple(z[c] as number, direction, point);
  return point;
}

function reduced(loss: PopulationLoss, z: readonly number[], family: Family): Reduced {
  const point = pointOf(z, family);
  const { value, gradient } = loss.valueAndGradient(point);
  const products = family.along.map((direction) => loss.hessianProduct(point, direction));
  return {
    value,
    gradient: family.along.map((direction) => inner(direction, gradient)),
    hessian: family.along.map((direction) => products.map((product) => inner(direction, product))),
  };
}

/** z - (H + damping I)^-1 g */
function stepped(z: readonly number[], { gradient, hessian }: Reduced, damping: number): number[] {
  const matrix = new Matrix(hessian);
  for (let c = 0; c < z.length; ++c) matrix.set(c, c, matrix.get(c, c) + damping);
  const step = solve(matrix, Matrix.columnVector(gradient), true).to1DArray();
  return z.map((value, c) => value - (step[c] as number));
}

/** @throws invalid_argument for more neurons than the teacher has, or where no minimum was reached */
export function perturbedCopyPoint(loss: PopulationLoss, teacher: SymmetricTeacher, neurons: unknown): Point {
  const n = positiveInteger('neurons of criticalPoint', neurons);
  if (n > teacher.neurons)
    throw invalid(
      'neurons of criticalPoint',
      `at most ${teacher.neurons}, the neurons of the teacher, for a perturbed copy`,
      n,
    );
  const family = familyOf(n, teacher, nodeSymmetry(loss.activation).degree !== null);
  const { z, gradient, moved } = minimised(loss, family);
  // Each component is a sum of n terms that rounding leaves at 1e-15. Newton steps that lead elsewhere found no minimum.
  if (!(gradient < 1e-11 * n && moved < 0.01))
    throw new EigenstudentError(
      'invalid_argument',
      `expected a perturbed copy of ${n} neurons to exist for ${loss.activation} and a teacher of ${teacher.neurons}, found no ` +
        'minimum near the exact copy. Start a gradient flow there instead',
    );
  const point = pointOf(z, family);
  return { weights: point.slice(0, n * teacher.inputs), outgoing: point.slice(n * teacher.inputs) };
}

/** From the exact copy by Levenberg-Marquardt steps while the loss falls, then by Newton's, which moved z by at most `moved`. */
function minimised(loss: PopulationLoss, family: Family) {
  let z: readonly number[] = family.copy;
  let at = reduced(loss, z, family);
  for (let step = 0, damping = 1e-2; step < mostSteps && Math.hypot(...at.gradient) > 1e-6; ++step) {
    const next = stepped(z, at, damping);
    const there = reduced(loss, next, family);
    const better = there.value < at.value;
    damping = better ? damping / 4 : damping * 4;
    if (better) [z, at] = [next, there];
  }
  const before = z;
  for (let step = 0; step < newtonSteps; ++step) {
    z = stepped(z, at, 0);
    at = reduced(loss, z, family);
  }
  const moved = Math.max(...z.map((value, c) => Math.abs(value - (before[c] as number))));
  return { z, gradient: Math.hypot(...at.gradient), moved };
}
