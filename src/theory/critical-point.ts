/** Critical points of population losses that are known by a formula or a small search. */
import { flag, invalid, knownKeys, oneOf } from '../arguments.js';
import { bestGroups, checkedGroups, checkedSigns, copyAveragePoint, type Point } from './copy-average.js';
import { checkedHiddenLayer } from './hidden-layer.js';
import { oneNeuronPoint } from './one-neuron.js';
import { perturbedCopyPoint } from './perturbed-copy.js';
import { type PopulationLoss, type PopulationLossOptions, populationLoss } from './population-loss.js';
import { type Spectrum, spectrumOf } from './spectrum.js';
import { type SymmetricTeacher, symmetricTeacher } from './symmetric-teacher.js';

/** Kinds of critical points that criticalPoint() finds. */
const kinds = ['copyAverage', 'oneNeuron', 'perturbedCopy'] as const;
/** Which critical point: see criticalPoint(). */
export type CriticalPointKind = (typeof kinds)[number];

/** The teacher's vectors must be orthogonal, of one length, with one outgoing weight. */
export interface CriticalPointOptions extends PopulationLossOptions {
  /** n, at most k. Of 'oneNeuron' 1. */
  readonly neurons?: number;
  /** Of 'copyAverage', instead of neurons: the teacher's neurons that each student neuron averages. */
  readonly groups?: readonly (readonly number[])[];
  /** Of 'copyAverage': 1 or -1 per student neuron, of both w and a. Default 1. */
  readonly signs?: readonly number[];
  /** Adds the eigenvalues of the Hessian. Default false. */
  readonly spectrum?: boolean;
}

export interface CriticalPoint {
  readonly kind: CriticalPointKind;
  /** Weights [n][d], row-major, and outgoing weights [n]. */
  readonly student: { readonly weights: Float64Array; readonly outgoing: Float64Array };
  readonly loss: number;
  /** Largest magnitude in the gradient there. */
  readonly gradientNorm: number;
  readonly spectrum?: Spectrum;
}

/**
 * A critical point of the population loss.
 *
 * - `copyAverage` (erf, scaledErf): student neuron i averages a group of H_i teacher neurons. By default n - 1 copies and one average
 *   of k - n + 1, the partition with the least loss.
 * - `oneNeuron`: the best neuron in the direction of the teacher's mean.
 * - `perturbedCopy`: neuron i points nearly at teacher neuron i; the minimum in four numbers, which may be a saddle of all.
 *
 * @throws invalid_argument: a teacher that is not orthogonal, n above k, another activation than the formula is for
 */
export function criticalPoint(kind: CriticalPointKind, options: CriticalPointOptions): CriticalPoint {
  oneOf('kind of criticalPoint', kind, kinds);
  knownKeys('criticalPoint', options, [
    'activation',
    'slope',
    'closedForm',
    'teacher',
    'neurons',
    'groups',
    'signs',
    'spectrum',
  ]);
  const { neurons, groups, signs, spectrum = false, ...of } = options;
  flag('spectrum of criticalPoint', spectrum);
  if (kind !== 'copyAverage')
    for (const [name, value] of Object.entries({ groups, signs }))
      if (value !== undefined) throw invalid(`${name} of criticalPoint`, `nothing for ${kind}`, value);
  const loss = populationLoss(of);
  const checked = checkedHiddenLayer('teacher of criticalPoint', of.teacher);
  const teacher = symmetricTeacher(`criticalPoint('${kind}')`, checked);
  const { loss: known, ...student } = pointOf(kind, loss, teacher, { neurons, groups, signs });
  const { value, gradient } = loss.valueAndGradient(student);
  const gradientNorm = gradient.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
  const point = { kind, student, loss: known ?? value, gradientNorm };
  return spectrum ? { ...point, spectrum: spectrumOf(loss.hessian(student), gradient.length) } : point;
}

function pointOf(
  kind: CriticalPointKind,
  loss: PopulationLoss,
  teacher: SymmetricTeacher,
  { neurons, groups, signs }: Pick<CriticalPointOptions, 'neurons' | 'groups' | 'signs'>,
): Point & { readonly loss?: number } {
  if (kind === 'perturbedCopy') return perturbedCopyPoint(loss, teacher, neurons);
  if (kind === 'oneNeuron') {
    if (neurons !== undefined && neurons !== 1)
      throw invalid('neurons of criticalPoint', '1 for oneNeuron', neurons);
    return oneNeuronPoint(loss, teacher);
  }
  if (loss.activation !== 'erf' && loss.activation !== 'scaledErf')
    throw invalid(
      'activation of criticalPoint',
      'erf or scaledErf for copyAverage',
      loss.activation,
      'Averages of other activations influence each other and are not critical; a gradient flow ends near them',
    );
  if (groups !== undefined && neurons !== undefined && neurons !== groups.length)
    throw invalid('neurons of criticalPoint', `${groups.length}, the number of groups, or none`, neurons);
  const partition =
    groups === undefined ? bestGroups(neurons, teacher.neurons) : checkedGroups(groups, teacher.neurons);
  return copyAveragePoint(loss.activation, teacher, partition, checkedSigns(signs, partition.length));
}
