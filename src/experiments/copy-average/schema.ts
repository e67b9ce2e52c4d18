/** Protocols of copy-average. */
import type { z } from 'zod';
import {
  experimentField,
  name,
  nonNegativeInteger,
  positiveInteger,
  positiveNumber,
  strict,
  trialsField,
  zipField,
} from '../../protocol/protocol-fields.js';
import type { TrialOf } from '../../sweep/define-experiment.js';

export const activationNames = [
  'scaledErf',
  'erf',
  'relu',
  'gelu',
  'quadratic',
  'tanh',
  'sigmoid',
  'softplus',
] as const;

export const schema = strict({
  experiment: experimentField('copy-average'),
  activation: name(activationNames)
    .default('scaledErf')
    .describe(
      'Of student and teacher. `scaledErf` is erf(z / sqrt(2)); copy-average points are known for it and `erf`.',
    ),
  teacherNeurons: positiveInteger.describe(
    'k: neurons of the teacher, with orthogonal vectors of length 1 and outgoing weights 1.',
  ),
  neurons: positiveInteger.describe('n, at most k: neurons of a student.'),
  spareInputs: nonNegativeInteger
    .default(1)
    .describe('Inputs beyond k, on which the teacher does not depend.'),
  gradientNorm: positiveNumber
    .default(1e-6)
    .describe(
      'A flow has arrived where no component of the gradient is larger and no eigenvalue of the Hessian negative.',
    ),
  relativeError: positiveNumber.default(1e-5).describe('Of a step of the flow.'),
  absoluteError: positiveNumber.default(1e-10).describe('Of a step of the flow.'),
  steps: positiveInteger.default(100_000).describe('Accepted steps of a flow at most.'),
  trials: trialsField.describe('Starts: w ~ N(0, 2 / (d + n)), a ~ N(0, 2 / (n + 1)), d = k + spareInputs.'),
  seed: nonNegativeInteger.describe('Of the starts.'),
  zip: zipField,
});

export type Point = z.output<typeof schema>;
export type FlowProtocol = TrialOf<Point>;

export const template = `# Where gradient flow ends when a student has fewer neurons than its teacher: eigenstudent train <this file>
# Any field may be a list: all combinations are run.
experiment: copy-average
teacherNeurons: 6           # k
neurons: [2, 3, 4, 5]       # n
trials: 40                  # starts per combination
seed: 1
# activation: scaledErf
# spareInputs: 1
# gradientNorm: 1.0e-6
# relativeError: 1.0e-5
# absoluteError: 1.0e-10
# steps: 100000
# Combinations in pairs, as n = k - 1 alone:
# teacherNeurons: [4, 6, 8]
# neurons: [3, 5, 7]
# zip: [[teacherNeurons, neurons]]
`;

const quick = { experiment: 'copy-average', teacherNeurons: 4, neurons: [1, 2, 3], trials: 20, seed: 1 };
const pairs = [
  ...[1, 2, 3].map((n) => [4, n]),
  ...[2, 3, 4, 5].map((n) => [6, n]),
  ...[4, 5, 6, 7].map((n) => [8, n]),
  ...[5, 7, 8, 9].map((n) => [10, n]),
];

export const presets = {
  quick,
  /** experiments/copy-average.yaml */
  paper: {
    ...quick,
    teacherNeurons: pairs.map(([k]) => k),
    neurons: pairs.map(([, n]) => n),
    zip: [['teacherNeurons', 'neurons']],
    trials: 200,
  },
};
