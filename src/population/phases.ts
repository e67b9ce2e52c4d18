/** Phases restrict which trainable tensors train during which steps. They never train a frozen tensor. */
import { denseArray, invalid, knownKeys, oneOf, positiveInteger } from '../arguments.js';
import type { NativePhase } from '../native/addon.js';
import type { Layer, TensorName } from '../network/layers.js';

/** For `steps` steps (or `epochs` epochs) only the named tensors train, in every layer. Exactly one of the two is given. */
export interface Phase {
  readonly train: readonly TensorName[];
  readonly steps?: number;
  readonly epochs?: number;
}

/** Bits of native/core/schedule.h. */
const bits = {
  eigenvectors: 1,
  eigenvaluesIn: 2,
  eigenvaluesOut: 4,
  weights: 8,
  bias: 16,
  scale: 32,
  shift: 64,
} as const;
/**
 * Without batch norm its bits stay 0, so that masks agree with those in checkpoints of versions without batch
 * norm.
 */
const bitsOfBatchNorm = bits.scale | bits.shift;
const names = Object.keys(bits) as TensorName[];

/**
 * The paper's variant: for `length` steps (or epochs) everything but the eigenvectors trains, then as long
 * everything but the eigenvalues; dense layers train in both. A tensor that does not train keeps its moments
 * and its step count.
 */
export function alternating(length: number, unit: 'steps' | 'epochs' = 'steps'): Phase[] {
  positiveInteger('length of alternating phases', length);
  oneOf('unit of alternating phases', unit, ['steps', 'epochs']);
  const duration = unit === 'steps' ? { steps: length } : { epochs: length };
  return [
    { train: names.filter((name) => name !== 'eigenvectors'), ...duration },
    { train: names.filter((name) => !name.startsWith('eigenvalues')), ...duration },
  ];
}

/**
 * @param layers of the network: batch norm has tensors of its own
 * @throws invalid_argument naming the phase
 */
export function toNativePhases(phases: readonly Phase[], layers: readonly Layer[] = []): NativePhase[] {
  denseArray('phases', 'an array of phases', phases);
  const known = layers.some(({ kind }) => kind === 'batchNorm') ? ~0 : ~bitsOfBatchNorm;
  const native = phases.map((phase, i) => {
    const { mask, ...rest } = toNativePhase(`phases[${i}]`, phase);
    return { mask: mask & known, ...rest };
  });
  const odd = native.findIndex((phase) => phase.inEpochs !== native[0]?.inEpochs);
  if (odd > 0) {
    const unit = native[0]?.inEpochs ? 'epochs' : 'steps';
    throw invalid(`phases[${odd}]`, `a phase in ${unit}, as phases[0]`, phases[odd]);
  }
  return native;
}

function toNativePhase(where: string, phase: Phase): NativePhase {
  if (typeof phase !== 'object' || phase === null || !Array.isArray(phase.train))
    throw invalid(where, '{ train: [...], steps } or { train: [...], epochs }', phase);
  knownKeys(where, phase, ['train', 'steps', 'epochs']);
  if ((phase.steps === undefined) === (phase.epochs === undefined))
    throw invalid(where, 'exactly one of steps and epochs', phase);
  let mask = 0;
  for (const name of phase.train) mask |= bits[oneOf(`train of ${where}`, name, names)];
  return {
    mask,
    length: positiveInteger(`length of ${where}`, phase.steps ?? phase.epochs),
    inEpochs: phase.epochs !== undefined,
  };
}
