import { oneOf } from '../../../arguments.js';
import { checkProtocol } from '../../../protocol/protocol.js';
import type { Protocol, ProtocolInput } from './schema.js';

/** Names of the presets. */
export const presetNames = ['quick', 'paper'] as const;
export type PresetName = (typeof presetNames)[number];

/** All numbers of the published code of arXiv:2310.12612, and the second width (20), which the code lacks. */
const paper: ProtocolInput = {
  teacher: { kind: 'paper', inputs: 10, teacherSize: 20, secondWidth: 20, seed: 0 },
  data: { train: 8000, validation: 2000, test: 10_000 },
  student: {
    width: [10, 20, 40, 60, 100, 200, 400, 500, 700, 800, 1000, 1500],
    secondWidth: 20,
    activation: 'relu',
  },
  arms: {
    spectral: {
      trainable: ['eigenvectors', 'eigenvaluesOut'],
      l2: { eigenvectors: 0.01, eigenvaluesOut: 0.0005 },
      optimizer: { adam: { learningRate: 0.005, epsilon: 1e-7 } },
      batchSize: 300,
    },
    direct: {
      trainable: ['eigenvectors'],
      l2: { eigenvectors: 0.01 },
      optimizer: { adam: { learningRate: 0.002, epsilon: 1e-7 } },
      batchSize: 500,
    },
  },
  epochs: 2000,
  trials: 30,
  seed: 1,
  /** Every 125 epochs: 50 points would spend 1.2 % of the arithmetic of the training on the history alone. */
  evaluation: { points: 16 },
};

export const presets: Readonly<Record<PresetName, ProtocolInput>> = {
  /** The widths of the published script, and a number of trials that takes about a minute on two cores. */
  quick: { ...paper, student: { ...paper.student, width: [20, 60, 200] }, trials: 3 },
  paper,
};

/** Options of the command line that modify a preset. */
export interface PresetOverrides {
  /** Widths of the students' first hidden layer. */
  readonly widths?: readonly number[];
  readonly epochs?: number;
  readonly trials?: number;
}

/** A preset with some of its fields replaced, not yet checked. */
export function overridden(base: ProtocolInput, { widths, ...overrides }: PresetOverrides): ProtocolInput {
  const student = widths === undefined ? base.student : { ...base.student, width: widths };
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return { ...base, student, ...Object.fromEntries(given) };
}

/**
 * A preset, with some of its fields replaced.
 * @throws invalid_argument for an unknown name, invalid_protocol for a number out of range
 */
export function preset(name: PresetName, overrides: PresetOverrides = {}): Protocol {
  const base = presets[oneOf('preset', name, presetNames)];
  return checkProtocol(overridden(base, overrides), `preset ${name}`) as Protocol;
}
