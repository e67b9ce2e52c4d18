import { describe, expect, it } from 'vitest';
import {
  type CriticalPointOptions,
  classifyEndPoint,
  criticalPoint,
  orthonormalTeacher,
  populationLoss,
} from '../../src/theory.js';
import { failureOf } from '../failure.js';

const teacherOf = (k: number) => orthonormalTeacher({ neurons: k, inputs: k + 1 });
const scaledErf = (k: number, neurons?: number) =>
  ({ activation: 'scaledErf', teacher: teacherOf(k), ...(neurons && { neurons }) }) as const;

describe('copy-average points', () => {
  // L*(H) = (2/pi) (H asin(1/2) - H^2 asin(1/(2H))) of the paper, for H = k - n + 1; rounding of sums of size H leaves 1e-15 of them.
  it.each([
    [2, 0.0232216806],
    [3, 0.0405931773],
    [4, 0.0567545277],
    [5, 0.0724526452],
  ])('of an average of %i has the loss of the formula, and no gradient', (h, digits) => {
    const formula = (2 / Math.PI) * (h * Math.asin(1 / 2) - h ** 2 * Math.asin(1 / (2 * h)));
    expect(Math.abs(formula - digits)).toBeLessThan(5e-11);
    for (const n of [1, 3]) {
      const point = criticalPoint('copyAverage', scaledErf(h + n - 1, n));
      expect(Math.abs(point.loss - formula)).toBeLessThan(1e-14);
      expect(point.gradientNorm).toBeLessThan(1e-14);
      const loss = populationLoss(scaledErf(h + n - 1));
      expect(Math.abs(loss.value(point.student) - formula)).toBeLessThan(1e-14);
    }
  });

  it('of erf and of other lengths and outgoing weights have no gradient either', () => {
    for (const activation of ['erf', 'scaledErf'] as const)
      for (const [length, outgoing] of [
        [1, 1],
        [2.5, -0.3],
      ] as const) {
        // rotated by 0.6 in the plane of the first and the last input
        const [c, s] = [length * Math.cos(0.6), length * Math.sin(0.6)];
        const weights = [
          [c, 0, 0, s],
          [0, length, 0, 0],
          [-s, 0, 0, c],
        ];
        const teacher = { weights, outgoing: [outgoing, outgoing, outgoing] };
        const point = criticalPoint('copyAverage', { activation, teacher, neurons: 2, spectrum: true });
        expect(point.gradientNorm).toBeLessThan(1e-14);
        expect(
          Math.abs(populationLoss({ activation, teacher }).value(point.student) - point.loss),
        ).toBeLessThan(1e-13);
        expect(point.spectrum?.negative).toBe(0);
      }
  });

  it('with equal groups are saddles', () => {
    const groups = [
      [0, 2],
      [1, 3],
    ];
    const { spectrum } = criticalPoint('copyAverage', { ...scaledErf(4), groups, spectrum: true });
    expect(spectrum?.negative).toBe(2);
    expect(spectrum?.eigenvalues[0]).toBeCloseTo(-0.00849, 5);
  });
});

describe('one neuron', () => {
  it.each(['tanh', 'sigmoid', 'softplus', 'relu', 'leakyRelu', 'quadratic'] as const)(
    'of %s is a critical point, and a copy of one',
    (activation) => {
      for (const k of [1, 3]) {
        const point = criticalPoint('oneNeuron', { activation, teacher: teacherOf(k) });
        expect(point.gradientNorm).toBeLessThan(1e-13);
        expect(Math.hypot(...point.student.weights.subarray(k))).toBe(0);
        if (k === 1) expect(Math.abs(point.loss)).toBeLessThan(1e-13);
        else expect(point.loss).toBeGreaterThan(1e-4);
      }
    },
  );

  it('of gelu for two has its minimum at infinity, and says so', () => {
    expect(failureOf(() => criticalPoint('oneNeuron', { activation: 'gelu', teacher: teacherOf(2) }))).toBe(
      "invalid_argument: expected an activation with a best neuron between 0.0001 and 20 times the teacher's length for " +
        "criticalPoint ('oneNeuron'), received gelu, whose loss has no minimum there",
    );
  });
});

describe('perturbed copies', () => {
  // Where it is a minimum, and where its loss is below that of copy-average: made by another program, for k = 4, 5, 6, 8, 10.
  it.each([
    [4, 3, 2, false],
    [5, 4, 0, false],
    [6, 4, 0, false],
    [6, 5, 0, true],
    [8, 5, 0, false],
    [8, 6, 0, false],
    [8, 7, 0, true],
    [10, 5, 4, false],
    [10, 6, 0, false],
    [10, 7, 0, false],
    [10, 8, 0, true],
  ])('of k = %i, n = %i have %i negative eigenvalues; below copy-average: %s', (k, n, negative, below) => {
    const point = criticalPoint('perturbedCopy', { ...scaledErf(k, n), spectrum: true });
    expect(point.gradientNorm).toBeLessThan(1e-13);
    expect(point.spectrum).toMatchObject({ negative, zero: 0 });
    expect(point.loss < criticalPoint('copyAverage', scaledErf(k, n)).loss).toBe(below);
  });

  it('of relu has the loss at which flows end', () => {
    const { loss, spectrum } = criticalPoint('perturbedCopy', {
      ...scaledErf(4, 3),
      activation: 'relu',
      spectrum: true,
    });
    expect(loss).toBeCloseTo(0.139486, 6);
    expect(spectrum).toMatchObject({ negative: 0, zero: 3 }); // |w|^2 - a^2 of each neuron is free
  });

  it('of as many neurons as the teacher has is the teacher', () => {
    const { student } = criticalPoint('perturbedCopy', scaledErf(3, 3));
    expect(student).toEqual(teacherOf(3));
  });
});

describe('criticalPoint refuses', () => {
  const skewed = { weights: [[1, 0], [0.6, 0.8]], outgoing: [1, 1] }; // biome-ignore format: rows
  it.each([
    [
      'copyAverage',
      scaledErf(3, 4),
      'invalid_argument: expected at most 3, the neurons of the teacher, for a copy-average point for neurons of criticalPoint, received 4',
    ],
    [
      'perturbedCopy',
      scaledErf(3, 4),
      'invalid_argument: expected at most 3, the neurons of the teacher, for a perturbed copy for neurons of criticalPoint, received 4',
    ],
    [
      'copyAverage',
      scaledErf(3),
      'invalid_argument: expected a positive integer for neurons of criticalPoint, received undefined',
    ],
    [
      'oneNeuron',
      scaledErf(3, 2),
      'invalid_argument: expected 1 for oneNeuron for neurons of criticalPoint, received 2',
    ],
    [
      'copyAverage',
      { ...scaledErf(3, 2), activation: 'relu' },
      'invalid_argument: expected erf or scaledErf for copyAverage for activation of criticalPoint, received "relu". Averages of other activations influence each other and are not critical; a gradient flow ends near them',
    ],
    [
      'oneNeuron',
      { activation: 'erf', teacher: skewed },
      "invalid_argument: expected a vector orthogonal to weights[0] for criticalPoint('oneNeuron') for weights[1] of teacher, received 0.6. The number received is their cosine",
    ],
    [
      'copyAverage',
      {
        activation: 'erf',
        teacher: {
          weights: [
            [1, 0],
            [0, 2],
          ],
          outgoing: [1, 1],
        },
        neurons: 1,
      },
      "invalid_argument: expected a vector of length 1, that of weights[0], for criticalPoint('copyAverage') for weights[1] of teacher, received 2",
    ],
    [
      'copyAverage',
      {
        activation: 'erf',
        teacher: {
          weights: [
            [1, 0],
            [0, 1],
          ],
          outgoing: [1, 2],
        },
        neurons: 1,
      },
      "invalid_argument: expected 1, that of the first neuron, for criticalPoint('copyAverage') for outgoing[1] of teacher, received 2",
    ],
    [
      'perturbedCopy',
      { activation: 'erf', teacher: { weights: [[1], [1]], outgoing: [1, 1] }, neurons: 1 },
      "invalid_argument: expected at least 2 inputs for criticalPoint('perturbedCopy'), which needs orthogonal vectors for teacher, received 1",
    ],
    [
      'copyAverage',
      {
        ...scaledErf(3),
        groups: [
          [0, 1],
          [1, 2],
        ],
      },
      "invalid_argument: expected groups that hold each of the teacher's neurons 0 to 2 once, in all for groups of criticalPoint[1], received 1",
    ],
    [
      'copyAverage',
      { ...scaledErf(3), groups: [[0, 1]] },
      "invalid_argument: expected groups that hold each of the teacher's neurons 0 to 2 once for groups of criticalPoint, received an array of length 1. 1 of them are in no group",
    ],
    [
      'copyAverage',
      { ...scaledErf(3, 2), signs: [1, 0] },
      'invalid_argument: expected 1 or -1 for signs of criticalPoint[1], received 0',
    ],
    [
      'oneNeuron',
      { ...scaledErf(3), signs: [1] },
      'invalid_argument: expected nothing for oneNeuron for signs of criticalPoint, received an array of length 1',
    ],
    [
      'perturbedCopies',
      scaledErf(3, 2),
      'invalid_argument: expected one of copyAverage, oneNeuron, perturbedCopy for kind of criticalPoint, received "perturbedCopies". Did you mean "perturbedCopy"?',
    ],
  ])('%s %#', (kind, options, message) => {
    expect(failureOf(() => criticalPoint(kind as 'oneNeuron', options as CriticalPointOptions))).toBe(
      message,
    );
  });

  it('fewer inputs than orthogonal vectors', () => {
    expect(failureOf(() => orthonormalTeacher({ neurons: 3, inputs: 2 }))).toBe(
      'invalid_argument: expected at least 3, one per orthogonal vector for inputs of orthonormalTeacher, received 2. More vectors ' +
        'than inputs cannot be orthogonal',
    );
  });
});

describe('classifyEndPoint', () => {
  const loss = populationLoss(scaledErf(6));
  const kindOf = (student: { weights: Float64Array; outgoing: Float64Array }) =>
    classifyEndPoint(loss, student).kind;

  it('finds copies and the average, whatever the order and the signs', () => {
    const groups = [[3], [1, 4, 5], [0], [2]];
    const { student } = criticalPoint('copyAverage', { ...scaledErf(6), groups, signs: [-1, -1, 1, 1] });
    const found = classifyEndPoint(loss, student);
    expect(found).toMatchObject({ kind: 'copyAverage', average: 1, copies: Int32Array.of(3, -1, 0, 2) });
    expect(found.cosines[3]).toBe(-1);
    expect(found.cosines[6 + 4]).toBeCloseTo(-1 / Math.sqrt(3), 12);
  });

  it('finds perturbed copies, and what is neither', () => {
    const { student } = criticalPoint('perturbedCopy', scaledErf(6, 5));
    expect(classifyEndPoint(loss, student)).toMatchObject({
      kind: 'perturbedCopy',
      average: -1,
      copies: Int32Array.of(0, 1, 2, 3, 4),
    });
    const groups = [[0, 1], [2, 3], [4, 5]]; // biome-ignore format: groups
    expect(kindOf(criticalPoint('copyAverage', { ...scaledErf(6), groups }).student)).toBe('other');
    const twice = criticalPoint('copyAverage', scaledErf(6, 3)).student;
    twice.weights.copyWithin(7, 0, 7); // two copies of one
    expect(kindOf(twice)).toBe('other');
  });

  it('takes signs into account where (w, a) and (-w, -a) are two neurons', () => {
    const gelu = populationLoss({ activation: 'gelu', teacher: teacherOf(2) });
    const copies = { weights: Float64Array.of(1, 0, 0, 0, 1, 0), outgoing: Float64Array.of(1, 1) };
    expect(classifyEndPoint(gelu, copies).kind).toBe('copyAverage');
    copies.weights[0] = -1;
    expect(classifyEndPoint(gelu, copies).kind).toBe('other');
  });

  it('refuses what is no threshold', () => {
    const student = new Float64Array(8).fill(1);
    expect(failureOf(() => classifyEndPoint(loss, student, { threshold: 2 }))).toBe(
      'invalid_argument: expected a finite number between 0 and 1 for threshold of classifyEndPoint, received 2',
    );
  });
});
