import { describe, expect, it } from 'vitest';
import { countTrials } from '../../src/sweep/count-trials.js';
import { expand } from '../sweep/student-trials.js';
import { parse, refusal } from './grid-text.js';

const huge = 'expected at most 10000000 trials in all, received 24000000: ';

describe('a grid is refused for', () => {
  it.each([
    [
      'a wrong value of a list',
      'batchSize: 16',
      'batchSize: [16, 0, x]',
      '\n  line 9: arms.spectral.batchSize[1]: expected a positive integer, received 0' +
        '\n  line 9: arms.spectral.batchSize[2]: expected a positive integer, received "x"',
    ],
    [
      'a wrong field of a value',
      'optimizer: { adam: { learningRate: 0.02 } }',
      'optimizer:\n      - adam: { learningRate: 0.02 }\n      - adam: { learningrate: 0.02 }',
      '\n  line 13: arms.direct.optimizer[1].adam.learningRate: missing, expected a finite number of at least 0, or ' +
        '{ stepDecay: ... } or { cosine: ... }' +
        '\n  line 13: arms.direct.optimizer[1].adam: unknown key "learningrate"; known: learningRate, beta1, beta2, ' +
        'epsilon. Did you mean "learningRate"?',
    ],
    [
      'a list within a list',
      'learningRate: 0.02',
      'learningRate: [0.1, [0.2]]',
      'line 11: arms.direct.optimizer.adam.learningRate[1]: expected a finite number of at least 0, or ' +
        '{ stepDecay: ... } or { cosine: ... }, received an array of length 1',
    ],
    [
      'an empty list',
      'batchSize: 16',
      'batchSize: []',
      'line 9: arms.spectral.batchSize: expected at least one value in the list, received none',
    ],
    [
      'a value twice',
      'batchSize: 16',
      'batchSize: [1, 2, 1.0]',
      'line 9: arms.spectral.batchSize: expected distinct values in the list',
    ],
    [
      'a section as a list',
      'teacher: { teacherSize: 2 }',
      'teacher: [{ teacherSize: 2 }]',
      'line 1: teacher: expected an object with kind, inputs, teacherSize, secondWidth, seed, activation, slope, thirdWidth, received an array of length 1',
    ],
    [
      'a spacing of names',
      'seed: 5',
      'seed: 5\ndtype: { count: 2 }',
      'line 16: dtype: expected one of float32, float64, received 0, value 1 of 2',
    ],
    [
      'a spacing that leaves the limits',
      'seed: 5',
      'seed: { range: [2, -2, -2] }',
      'line 15: seed: expected a non-negative integer, received -2, value 3 of 3',
    ],
    [
      'a spacing with too little',
      'seed: 5',
      'seed: { linspace: [1, 2] }',
      'line 15: seed.linspace: expected [first, last, how many], received an array of length 2',
    ],
    [
      'a spacing with too much',
      'seed: 5',
      'seed: { count: 2, form: 1 }',
      'line 15: seed: unknown key "form"; known: count, from. Did you mean "from"?',
    ],
    [
      'a step that leads away',
      'seed: 5',
      'seed: { range: [1, 5, -1] }',
      'line 15: seed.range: expected a step that leads from 1 to 5, received -1',
    ],
    [
      'a step of zero',
      'seed: 5',
      'seed: { range: [1, 5, 0] }',
      'line 15: seed.range: expected a step that is not 0, received 0',
    ],
    [
      'a misspelt spacing',
      'seed: 5',
      'seed: { rnge: [0, 4, 1] }',
      'line 15: seed: unknown spacing "rnge"; known: range, linspace, logspace, count. Did you mean "range"?',
    ],
    [
      'a misspelt spacing of a field that may be an object',
      'learningRate: 0.02',
      'learningRate: { logspce: [0.1, 1, 3] }',
      'line 11: arms.direct.optimizer.adam.learningRate: unknown spacing "logspce"; known: range, linspace, logspace, ' +
        'count. Did you mean "logspace"?',
    ],
    [
      'a logarithm of zero',
      'learningRate: 0.02',
      'learningRate: { logspace: [0, 1, 3] }',
      'line 11: arms.direct.optimizer.adam.learningRate.logspace[0]: expected a finite positive number, received 0',
    ],
    [
      'integers too close',
      'seed: 5',
      'seed: { linspace: [1, 3, 5] }',
      'line 15: seed: expected distinct values, received a spacing so narrow that some are the same when rounded',
    ],
    [
      'a zip of unequal axes',
      'seed: 5',
      'seed: [1, 2, 3]\nzip:\n  - [seed, student.width]',
      'line 17: zip[0]: expected axes of equal length, received seed with 3, student.width with 2',
    ],
    [
      'a zip of no field',
      'seed: 5',
      'seed: 5\nzip: [[student.width, student.widht]]',
      'line 16: zip[0][1]: expected one of the axes student.width, received "student.widht", which is no field of a ' +
        'protocol. Did you mean "student.width"?',
    ],
    [
      'a zip of one value',
      'seed: 5',
      'seed: 5\nzip: [[student.width, epochs]]',
      'line 16: zip[0][1]: expected one of the axes student.width, received "epochs", which has one value (6). A list ' +
        'or a range makes it an axis',
    ],
    [
      'a zip of a field that is not there',
      'seed: 5',
      'seed: 5\nzip: [[student.width, arms.direct.optimizer.sgd.momentum]]',
      'line 16: zip[0][1]: expected one of the axes student.width, received "arms.direct.optimizer.sgd.momentum", which ' +
        'is not there. A list or a range makes it an axis',
    ],
    [
      'a zip of the same twice',
      'seed: 5',
      'seed: [1, 2]\nzip: [[student.width, seed], [student.width, seed]]',
      '\n  line 16: zip[0][0]: expected each axis once in zip, received "student.width" twice' +
        '\n  line 16: zip[0][1]: expected each axis once in zip, received "seed" twice' +
        '\n  line 16: zip[1][0]: expected each axis once in zip, received "student.width" twice' +
        '\n  line 16: zip[1][1]: expected each axis once in zip, received "seed" twice',
    ],
    [
      'a zip that repeats what all its axes have',
      'width: [4, 6]',
      'width: [4, 6, 4]\n  secondWidth: [2, 3, 2]\nzip: [[student.width, student.secondWidth]]',
      'line 5: zip[0]: expected distinct values of student.width, student.secondWidth together, received value 3 like value 1',
    ],
    [
      'a zip of one',
      'seed: 5',
      'seed: 5\nzip: [[student.width]]',
      'line 16: zip[0]: expected at least two paths that go together, received an array of length 1',
    ],
    [
      'numbers of trials that are not zipped',
      'trials: 1',
      'trials: [1, 3]',
      'line 14: trials: expected one number unless zipped, received 2 of which the largest alone would count. Write ' +
        '`trials: 3`, or `zip: [[student.width, trials]]` for a number of trials for each value of an axis',
    ],
    [
      'batch sizes that are all samples',
      'batchSize: 16',
      'batchSize: [16, 8000, 9000]',
      'line 9: arms.spectral.batchSize: expected at most one batch size of at least data.train, 8000, received 8000 and ' +
        '9000: each means all samples in one batch, so they train the same',
    ],
    [
      'more trials than anybody trains',
      'trials: 1',
      'trials: 6000000',
      `line 14: trials: ${huge}spectral 12000000 (student.width 2 x trials 6000000), ` +
        'direct 12000000 (student.width 2 x trials 6000000)',
    ],
  ])('%s', (_, from, to, message) => {
    expect(refusal([from, to])).toBe(message);
  });

  it('values that repeat within an arm, though the other arm has distinct ones', () => {
    const zip = 'zip: [[arms.spectral.batchSize, arms.direct.batchSize]]';
    const message = refusal(
      ['batchSize: 16', 'batchSize: [16, 32]'],
      ['batchSize: 8', 'batchSize: [8, 8]'],
      ['seed: 5', `seed: 5\n${zip}`],
    );
    expect(message).toBe(
      'line 16: zip[0]: expected distinct values of arms.direct.batchSize together, received value 2 like value 1',
    );
  });

  it('penalties of tensors that are not trained', () => {
    expect(
      refusal([
        'trainable: [eigenvectors]\n    l2: { eigenvectors: 0.01 }',
        'trainable: [eigenvaluesOut]\n    groupLasso: { eigenvectors: [0, 0.5] }',
      ]),
    ).toBe(
      'line 7: arms.spectral.groupLasso.eigenvectors[1]: expected 0, received 0.5: eigenvectors is not trained',
    );
  });
});

describe('a zip', () => {
  it('may repeat a value of one field where the other fields differ', () => {
    const protocol = parse(
      ['l2: { eigenvectors: 0.01 }', 'l2: { eigenvectors: [0.01, 0, 0] }'],
      ['batchSize: 16', 'batchSize: 16\n    groupLasso: { eigenvectors: [0, 0, 0.00447] }'],
      ['seed: 5', 'seed: 5\nzip: [[arms.spectral.l2.eigenvectors, arms.spectral.groupLasso.eigenvectors]]'],
    );
    const trials = expand(protocol).filter(
      ({ protocol: { parametrization } }) => parametrization === 'spectral',
    );
    const penalties = trials.map(({ protocol: { arm } }) => [
      arm.l2.eigenvectors,
      arm.groupLasso?.eigenvectors,
    ]);
    expect(penalties.slice(0, 3)).toEqual([
      [0.01, 0],
      [0, 0],
      [0, 0.00447],
    ]);
    expect(countTrials(protocol, trials).byField['arms.spectral.l2.eigenvectors']).toEqual([
      { value: 0.01, trials: 2 },
      { value: 0, trials: 4 },
    ]);
  });
});
