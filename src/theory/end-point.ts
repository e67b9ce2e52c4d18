/** What a trained student does with its teacher's neurons: copy them, average them, or neither. */
import { knownKeys } from '../arguments.js';
import { nodeSymmetry } from '../network/activation-symmetry.js';
import { Network } from '../network/network.js';
import { numberFrom } from '../options.js';
import { NetworkParameters } from './network-parameters.js';
import { type PopulationLoss, type PopulationStudent, plainParameters } from './population-loss.js';
import { inner } from './symmetric-teacher.js';

/** `copyAverage`: all but one neuron copy, and it averages the rest. `perturbedCopy`: each copies another. */
export type EndPointKind = 'copyAverage' | 'perturbedCopy' | 'other';

export interface EndPointOptions {
  /** A neuron copies a teacher neuron where their cosine is larger. Default 0.95, that of the authors' code. */
  readonly threshold?: number;
  /** By how much the cosines of an average may differ. Default 0.001; arbitrary, flows end within 1e-6. */
  readonly tolerance?: number;
}

export interface EndPoint {
  readonly kind: EndPointKind;
  /** The teacher neuron that each student neuron copies, or -1, [n]. */
  readonly copies: Int32Array;
  /** The neuron that averages, of `copyAverage`; else -1. */
  readonly average: number;
  /** Of w_i and v_l, [n][k]; 0 for a vector of length 0. */
  readonly cosines: Float64Array;
}

interface Cosines {
  readonly neurons: number;
  readonly teacherNeurons: number;
  /** [n][k]; and without their signs where (w, a) and (-w, +-a) are one neuron. */
  readonly signed: Float64Array;
  readonly values: Float64Array;
}

/**
 * Classifies the end of a training on a population loss. A student of n = k exact copies is `copyAverage`: its average is of one.
 * @throws invalid_argument, invalid_network
 */
export function classifyEndPoint(
  loss: PopulationLoss,
  student: PopulationStudent,
  options: EndPointOptions = {},
): EndPoint {
  knownKeys('classifyEndPoint', options, ['threshold', 'tolerance']);
  const threshold = numberFrom(0, 1)('threshold of classifyEndPoint', options.threshold ?? 0.95);
  const tolerance = numberFrom(0, 1)('tolerance of classifyEndPoint', options.tolerance ?? 1e-3);
  loss.value(student); // its checks
  const cosines = cosinesOf(loss, student);
  const copies = Int32Array.from({ length: cosines.neurons }, (_, i) => copiedBy(cosines, i, threshold));
  const average = averaging(cosines, copies, { threshold, tolerance });
  const copied = new Set(copies);
  const kind =
    average >= 0
      ? 'copyAverage'
      : copied.size === copies.length && !copied.has(-1)
        ? 'perturbedCopy'
        : 'other';
  return { kind, copies, average, cosines: cosines.signed };
}

function cosinesOf(loss: PopulationLoss, student: PopulationStudent): Cosines {
  const { inputs } = loss;
  const plain =
    student instanceof Network
      ? new NetworkParameters(student).plain
      : plainParameters('classifyEndPoint', student, inputs);
  const { weights, outgoing } = loss.teacher;
  const [neurons, teacherNeurons] = [plain.length / (inputs + 1), outgoing.length];
  const signed = new Float64Array(neurons * teacherNeurons);
  for (let i = 0; i < neurons; ++i)
    for (let l = 0; l < teacherNeurons; ++l) {
      const w = plain.subarray(i * inputs, (i + 1) * inputs);
      const v = weights.subarray(l * inputs, (l + 1) * inputs);
      const lengths = Math.sqrt(inner(w, w) * inner(v, v));
      signed[i * teacherNeurons + l] = lengths > 0 ? inner(w, v) / lengths : 0;
    }
  const oriented = nodeSymmetry(loss.activation).parity === 'none';
  return { neurons, teacherNeurons, signed, values: oriented ? signed : signed.map(Math.abs) };
}

/** The teacher neuron of the largest cosine, where that is above the threshold; else -1. */
function copiedBy({ values, teacherNeurons }: Cosines, i: number, threshold: number): number {
  const row = values.subarray(i * teacherNeurons, (i + 1) * teacherNeurons);
  const most = row.reduce((best, value, l) => (value > (row[best] as number) ? l : best), 0);
  return (row[most] as number) > threshold ? most : -1;
}

/** The neuron besides which all copy different teacher neurons, and which averages the others; else -1. */
function averaging(
  { signed, values, neurons, teacherNeurons }: Cosines,
  copies: Int32Array,
  { threshold, tolerance }: Required<EndPointOptions>,
): number {
  for (let i = 0; i < neurons; ++i) {
    const others = new Set(copies.filter((_, j) => j !== i));
    if (others.has(-1) || others.size !== neurons - 1) continue;
    const rest = Array.from({ length: teacherNeurons }, (_, l) => l).filter((l) => !others.has(l));
    const row = rest.map((l) => signed[i * teacherNeurons + l] as number);
    const spread = Math.max(...row) - Math.min(...row);
    // Of an average of H orthogonal vectors each cosine is 1 / sqrt(H).
    const along =
      rest.reduce((sum, l) => sum + (values[i * teacherNeurons + l] as number), 0) / Math.sqrt(rest.length);
    if (spread <= tolerance && along > threshold) return i;
  }
  return -1;
}
