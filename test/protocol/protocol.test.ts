import { describe, expect, it } from 'vitest';
import { EigenstudentError } from '../../src/errors.js';
import { teacherStudent } from '../../src/experiments/teacher-student/experiment.js';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { protocolJsonSchema } from '../../src/protocol/protocol-json-schema.js';
import { parseProtocol, preset } from '../../src/sweep.js';
import { checkProtocol } from '../sweep/student-trials.js';

/** A short protocol; each test changes a word of it. */
const good = `teacher: { teacherSize: 4 }
data: { train: 64, validation: 32, test: 48 }
student:
  width: [6, 9]
arms:
  spectral:
    l2: { eigenvectors: 0.01 }
    optimizer: { adam: { learningRate: 0.005 } }
    batchSize: 16
epochs: 4
trials: 2
seed: 1
`;

function refusal(text: string): string {
  try {
    parseProtocol(text, 'my.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(EigenstudentError);
    expect((error as EigenstudentError).code).toBe('invalid_protocol');
    return (error as EigenstudentError).message;
  }
  throw new Error('the protocol was accepted');
}

describe('a protocol', () => {
  it('has every default written out', () => {
    expect(parseProtocol(good, 'my.yaml')).toEqual({
      teacher: { kind: 'paper', inputs: 10, teacherSize: 4, secondWidth: 20, seed: 0 },
      data: { train: 64, validation: 32, test: 48 },
      student: { width: [6, 9], secondWidth: 20, activation: 'relu' },
      arms: {
        spectral: {
          trainable: ['eigenvectors', 'eigenvaluesOut'],
          l1: { eigenvectors: 0, eigenvaluesIn: 0, eigenvaluesOut: 0 },
          l2: { eigenvectors: 0.01, eigenvaluesIn: 0, eigenvaluesOut: 0 },
          optimizer: { adam: { learningRate: 0.005, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } },
          batchSize: 16,
          alternating: null,
        },
      },
      epochs: 4,
      trials: 2,
      seed: 1,
      dtype: 'float32',
      evaluation: { points: 50, threshold: 0.05 },
    });
  });

  it('refuses layers of images, and says where they train', () => {
    const text = good.replace(
      'width: [6, 9]',
      'layers: [{ spectral: { width: 6 } }, { conv2d: { width: 4, kernel: 3 } }]',
    );
    expect(refusal(text)).toBe(
      'invalid protocol my.yaml: line 4: student.layers[1]: unknown key "conv2d"; known: spectral, dense. Inputs of ' +
        'teacher-student are features, and the nodes of its first layer are ranked; layers of images train in a Population ' +
        '(docs/how-to/build-a-graph.md)',
    );
  });

  it('has fields beyond the paper only where they are written', () => {
    const text = good
      .replace('teacherSize: 4', 'teacherSize: 4, thirdWidth: 3, activation: [relu, tanh]')
      .replace('test: 48', 'test: 48, sharedSeed: true')
      .replace('  width: [6, 9]', '  width: [6, 9]\n  thirdWidth: 5\n  spectralLayers: [first, all]');
    const protocol = parseProtocol(text, 'my.yaml');
    expect(protocol.teacher).toMatchObject({ thirdWidth: 3, activation: ['relu', 'tanh'] });
    expect(protocol.data).toMatchObject({ sharedSeed: true });
    expect(protocol.student).toMatchObject({ thirdWidth: 5, spectralLayers: ['first', 'all'] });
    const wrong = text
      .replace('tanh]', 'tan]')
      .replace('sharedSeed: true', 'sharedSeed: yes')
      .replace('thirdWidth: 5', 'thirdWidth: 0')
      .replace('[first, all]', '[last]');
    expect(refusal(wrong).split('\n  ').slice(1)).toEqual([
      'line 2: data.sharedSeed: expected true or false, received "yes"',
      'line 5: student.thirdWidth: expected a positive integer, received 0',
      'line 1: teacher.activation[1]: expected one of linear, relu, leakyRelu, elu, tanh, sigmoid, softplus, gelu, erf, ' +
        'quadratic, scaledErf, received "tan". Did you mean "tanh"?',
      'line 6: student.spectralLayers[0]: expected one of first, all, received "last"',
    ]);
  });

  it('is unchanged after it was formatted and parsed', () => {
    const rate = { cosine: { base: 0.01, total: 4, warmup: 1 } };
    const text = good.replace('learningRate: 0.005', `learningRate: ${JSON.stringify(rate)}`);
    for (const protocol of [preset('quick'), preset('paper'), parseProtocol(text, 'my.yaml')])
      expect(parseProtocol(formatProtocol(protocol), 'again.yaml')).toEqual(protocol);
  });

  it('accepts other optimisers, schedules and phases', () => {
    const text = good
      .replace(
        'adam: { learningRate: 0.005 }',
        'sgd: { learningRate: { stepDecay: { base: 1, every: 2, factor: 0.5 } } }',
      )
      .replace('batchSize: 16', 'batchSize: 16\n    alternating: { every: 10 }');
    expect(parseProtocol(text, 'my.yaml').arms.spectral).toMatchObject({
      optimizer: {
        sgd: {
          learningRate: { stepDecay: { base: 1, every: 2, factor: 0.5, warmup: 0 } },
          momentum: 0,
          nesterov: false,
        },
      },
      alternating: { every: 10, unit: 'steps' },
    });
  });

  it.each([
    [
      'a misspelt key',
      good.replace('batchSize', 'batchsize'),
      'invalid protocol my.yaml:\n' +
        '  line 7: arms.spectral.batchSize: missing, expected a positive integer\n' +
        '  line 9: arms.spectral: unknown key "batchsize"; known: trainable, l1, l2, groupLasso, initialize, optimizer, batchSize, alternating. ' +
        'Did you mean "batchSize"?',
    ],
    [
      'a misspelt key of an option',
      good.replace('l2: { eigenvectors: 0.01 }', 'l2: { eigenvektors: 0.01 }'),
      'invalid protocol my.yaml: line 7: arms.spectral.l2: unknown key "eigenvektors"; known: eigenvectors, ' +
        'eigenvaluesIn, eigenvaluesOut. Did you mean "eigenvectors"?',
    ],
    [
      'a ranking that there is not',
      `${good}evaluation: { rankings: [random, magnitude] }\n`,
      'invalid protocol my.yaml: line 13: evaluation.rankings[1]: expected one of random, oracle, eigenvalue, received "magnitude"',
    ],
    [
      'a ranking that is there twice',
      `${good}evaluation: { rankings: [oracle, oracle] }\n`,
      'invalid protocol my.yaml: line 13: evaluation.rankings: expected distinct rankings, received an array of length 2',
    ],
    [
      'a row penalty of what has no rows',
      good.replace('l2: { eigenvectors: 0.01 }', 'groupLasso: { eigenvaluesOut: 1 }'),
      'invalid protocol my.yaml:' +
        '\n  line 7: arms.spectral.groupLasso.eigenvectors: missing, expected a finite number of at least 0' +
        '\n  line 7: arms.spectral.groupLasso: unknown key "eigenvaluesOut"; known: eigenvectors',
    ],
    [
      'a key that resembles nothing',
      `${good}colour: red\n`,
      'invalid protocol my.yaml: line 13: unknown key "colour"; known: experiment, teacher, data, student, arms, augment, epochs, trials, ' +
        'seed, dtype, evaluation, zip',
    ],
    [
      'a misspelt name',
      good.replace('width: [6, 9]', 'width: [6, 9]\n  activation: rellu'),
      'invalid protocol my.yaml: line 5: student.activation: expected one of linear, relu, leakyRelu, elu, tanh, ' +
        'sigmoid, softplus, gelu, erf, quadratic, scaledErf, received "rellu". Did you mean "relu"?',
    ],
    [
      'a negative size',
      good.replace('batchSize: 16', 'batchSize: -3'),
      'invalid protocol my.yaml: line 9: arms.spectral.batchSize: expected a positive integer, received -3',
    ],
    [
      'zero',
      good.replace('epochs: 4', 'epochs: 0'),
      'invalid protocol my.yaml: line 10: epochs: expected a positive integer, received 0',
    ],
    [
      'a fraction',
      good.replace('trials: 2', 'trials: 2.5'),
      'invalid protocol my.yaml: line 11: trials: expected a positive integer, received 2.5',
    ],
    [
      'a word for a number',
      good.replace('train: 64', 'train: many'),
      'invalid protocol my.yaml: line 2: data.train: expected a positive integer, received "many"',
    ],
    [
      'NaN',
      good.replace('learningRate: 0.005', 'learningRate: .nan'),
      'invalid protocol my.yaml: line 8: arms.spectral.optimizer.adam.learningRate: expected a finite number of at ' +
        'least 0, or { stepDecay: ... } or { cosine: ... }, received NaN',
    ],
    [
      'Infinity',
      good.replace('eigenvectors: 0.01', 'eigenvectors: .inf'),
      'invalid protocol my.yaml: line 7: arms.spectral.l2.eigenvectors: expected a finite number of at least 0, ' +
        'received Infinity',
    ],
    [
      'a wrong item of a list',
      good.replace('[6, 9]', '[6, nine]'),
      'invalid protocol my.yaml: line 4: student.width[1]: expected a positive integer, received "nine"',
    ],
    [
      'an empty list',
      good.replace('[6, 9]', '[]'),
      'invalid protocol my.yaml: line 4: student.width: expected at least one value in the list, received none',
    ],
    [
      'a width that is there twice',
      good.replace('[6, 9]', '[6, 9, 6]'),
      'invalid protocol my.yaml: line 4: student.width: expected distinct values in the list',
    ],
    [
      'neither a number nor a list',
      good.replace('[6, 9]', 'wide'),
      'invalid protocol my.yaml: line 4: student.width: expected a positive integer, received "wide"',
    ],
    [
      'a misspelt schedule',
      good.replace('learningRate: 0.005', 'learningRate: { cosin: { base: 1, total: 2 } }'),
      'invalid protocol my.yaml: line 8: arms.spectral.optimizer.adam.learningRate: unknown key "cosin"; known: ' +
        'stepDecay, cosine. Did you mean "cosine"?',
    ],
    [
      'no optimizer',
      good.replace('{ adam: { learningRate: 0.005 } }', '{}'),
      'invalid protocol my.yaml: line 8: arms.spectral.optimizer: expected exactly one of adam, adamW, sgd, received none',
    ],
    [
      'two optimizers',
      good.replace('{ adam:', '{ sgd: { learningRate: 1 }, adam:'),
      'invalid protocol my.yaml: line 8: arms.spectral.optimizer: expected exactly one of adam, adamW, sgd, received ' +
        'adam and sgd',
    ],
    [
      'a penalty on what is frozen',
      good.replace('eigenvectors: 0.01', 'eigenvaluesIn: 0.01'),
      'invalid protocol my.yaml: line 7: arms.spectral.l2.eigenvaluesIn: expected 0, received 0.01: eigenvaluesIn is ' +
        'not trained',
    ],
    [
      'eigenvalues that train in the direct arm',
      good.replace('spectral:', 'direct:\n    trainable: [eigenvectors, eigenvaluesOut]'),
      'invalid protocol my.yaml: line 7: arms.direct.trainable[1]: expected eigenvectors, received "eigenvaluesOut": ' +
        'this arm keeps it frozen',
    ],
    [
      'no arm',
      good.replace(/arms:[\s\S]*(?=epochs)/, 'arms: {}\n'),
      'invalid protocol my.yaml: line 5: arms: expected at least one of spectral, direct, received none',
    ],
    [
      'a missing field',
      good.replace('seed: 1\n', ''),
      'invalid protocol my.yaml: line 1: seed: missing, expected a non-negative integer',
    ],
    [
      'an empty file',
      '',
      'invalid protocol my.yaml: expected an object with experiment, teacher, data, student, arms, augment, epochs, trials, seed, dtype, evaluation, zip, received null',
    ],
    [
      'an unclosed bracket',
      good.replace('[6, 9]', '[6, 9'),
      'expected YAML in my.yaml, received a syntax error in line 5, column 1: Flow sequence in block collection must be ' +
        'sufficiently indented and end with a ]',
    ],
    [
      'a key given twice',
      `${good}seed: 2\n`,
      'expected YAML in my.yaml, received a syntax error in line 13, column 1: Map keys must be unique',
    ],
  ])('is refused for %s', (_, text, message) => {
    expect(text).not.toBe(good);
    expect(refusal(text)).toBe(message);
  });

  it('is refused for an alias without an anchor', () => {
    expect(refusal(`${good}dtype: *nowhere\n`)).toMatch(/^expected YAML in my.yaml, received.*nowhere/);
  });

  it('that is a plain object is refused with paths, without lines', () => {
    expect(() => checkProtocol({ epochs: 1 }, 'the call')).toThrow(
      /^invalid protocol the call:\n {2}teacher: missing, expected an object with kind, inputs/,
    );
  });

  it('has a JSON Schema that requires fields without a default', () => {
    expect(protocolJsonSchema(teacherStudent)).toMatchObject({
      type: 'object',
      required: ['student', 'arms', 'epochs', 'trials', 'seed'],
      additionalProperties: false,
    });
  });
});

describe('the presets', () => {
  const arms = {
    spectral: {
      trainable: ['eigenvectors', 'eigenvaluesOut'],
      l2: { eigenvectors: 0.01, eigenvaluesIn: 0, eigenvaluesOut: 0.0005 },
      optimizer: { adam: { learningRate: 0.005, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } },
      batchSize: 300,
    },
    direct: {
      trainable: ['eigenvectors'],
      l2: { eigenvectors: 0.01, eigenvaluesIn: 0, eigenvaluesOut: 0 },
      optimizer: { adam: { learningRate: 0.002, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } },
      batchSize: 500,
    },
  };
  const numbers = {
    teacher: { kind: 'paper', inputs: 10, teacherSize: 20, secondWidth: 20 },
    data: { train: 8000, validation: 2000, test: 10_000 },
    student: { secondWidth: 20, activation: 'relu' },
    arms,
    epochs: 2000,
    dtype: 'float32',
    evaluation: { threshold: 0.05 },
  };

  it('are the paper, and a small part of it', () => {
    const widths = [10, 20, 40, 60, 100, 200, 400, 500, 700, 800, 1000, 1500];
    expect(preset('paper')).toMatchObject(numbers);
    expect(preset('paper')).toMatchObject({ trials: 30, student: { width: widths } });
    expect(preset('quick')).toMatchObject(numbers);
    expect(preset('quick')).toMatchObject({ trials: 3, student: { width: [20, 60, 200] } });
  });

  it('accept overrides, which are checked like any field', () => {
    expect(preset('quick', { widths: [5], epochs: 7, trials: 1 })).toMatchObject({
      student: { width: [5], secondWidth: 20 },
      epochs: 7,
      trials: 1,
    });
    expect(() => preset('quick', { epochs: Number.POSITIVE_INFINITY })).toThrow(
      'invalid protocol preset quick: epochs: expected a positive integer, received Infinity',
    );
  });

  it('are refused by another name', () => {
    expect(() => preset('quik' as 'quick')).toThrow(
      'expected one of quick, paper for preset, received "quik". Did you mean "quick"?',
    );
  });
});
