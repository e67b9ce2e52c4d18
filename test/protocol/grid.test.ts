import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { teacherStudent } from '../../src/experiments/teacher-student/experiment.js';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { protocolJsonSchema } from '../../src/protocol/protocol-json-schema.js';
import { parseProtocol } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import type { ShortTrial as StudentTrial } from '../sweep/student-trials.js';
import { checkProtocol, expand } from '../sweep/student-trials.js';
import { parse, refusal } from './grid-text.js';

/** "spectral 4 0.01", with what the picked fields are. */
function told(
  trials: readonly StudentTrial[],
  pick: (protocol: StudentTrial['protocol']) => readonly unknown[],
): string[] {
  return trials.map(({ protocol }) => [protocol.parametrization, ...pick(protocol)].join(' '));
}

describe('axes', () => {
  it('are combined in all ways, those of an arm within that arm alone', () => {
    const trials = expand(parse(['learningRate: 0.01', 'learningRate: [0.01, 0.001]']));
    const rate = ({ student, arm }: StudentTrial['protocol']) => [
      student.width,
      arm.optimizer.adam?.learningRate,
    ];
    expect(told(trials, rate)).toEqual([
      ...['spectral 4 0.01', 'spectral 4 0.001', 'direct 4 0.02'],
      ...['spectral 6 0.01', 'spectral 6 0.001', 'direct 6 0.02'],
    ]);
  });

  it('may be any field: sizes, names, seeds, switches, objects, schedules, lists of lists', () => {
    const protocol = smallProtocol({
      teacher: { teacherSize: [2, 3], seed: { count: 2 } },
      data: { train: [40, 80] },
      student: { width: 4, activation: ['relu', 'tanh'] },
      arms: {
        spectral: {
          trainable: [['eigenvectors'], ['eigenvectors', 'eigenvaluesOut']],
          l1: [{ eigenvectors: 0.1 }, { eigenvectors: 0.2 }],
          alternating: [null, { every: 3 }],
          optimizer: [{ sgd: { learningRate: 0.1, nesterov: true } }, { adam: { learningRate: 0.1 } }],
          batchSize: 8,
        },
        direct: {
          optimizer: { sgd: { learningRate: [0.1, { cosine: { base: 1, total: 9 } }] } },
          batchSize: 8,
        },
      },
      dtype: ['float32', 'float64'],
      evaluation: { threshold: [0.05, 0.1] },
      trials: 1,
    });
    const trials = expand(protocol);
    expect(trials).toHaveLength(2 ** 4 * 2 ** 2 * (2 ** 4 + 2));
    expect(new Set(trials.map(({ key }) => key)).size).toBe(trials.length);
    expect(trials[0]?.protocol.arm).toMatchObject({ l1: { eigenvectors: 0.1, eigenvaluesOut: 0 } });
    const rates = trials.map(({ protocol: { arm } }) => arm.optimizer.sgd?.learningRate);
    expect(rates).toContainEqual({ cosine: { base: 1, total: 9, minimum: 0, warmup: 0 } });
  });

  it('never give a trial twice', () => {
    const repeats = 'trials: [2, 3]\nzip: [[arms.spectral.batchSize, trials]]';
    const trials = expand(parse(['batchSize: 16', 'batchSize: [16, 32]'], ['trials: 1', repeats]));
    // The arm that the zip does not tell apart has the third trial besides the first two.
    expect(told(trials, ({ arm, trial }) => [arm.batchSize, trial]).slice(0, 8)).toEqual([
      ...['spectral 16 0', 'spectral 16 1', 'direct 8 0', 'direct 8 1'],
      ...['spectral 32 0', 'spectral 32 1', 'spectral 32 2', 'direct 8 2'],
    ]);
    expect(trials).toHaveLength(16);
  });

  it('keep their form, with defaults beside and within them, after a round trip through text', () => {
    const protocol = parse(
      ['seed: 5', 'seed: { count: 3 }'],
      ['learningRate: 0.01', 'learningRate: { logspace: [1e-4, 1e-2, 5] }'],
      [
        'optimizer: { adam: { learningRate: 0.02 } }',
        'optimizer: [{ sgd: { learningRate: 1 } }, { adam: { learningRate: 0.02 } }]',
      ],
      ['seed', 'zip: [[student.width, arms.direct.optimizer]]\nseed'],
    );
    expect(protocol).toMatchObject({
      seed: { count: 3, from: 0 },
      zip: [['student.width', 'arms.direct.optimizer']],
      arms: {
        spectral: { optimizer: { adam: { learningRate: { logspace: [1e-4, 1e-2, 5] }, beta1: 0.9 } } },
        direct: { optimizer: [{ sgd: { learningRate: 1, momentum: 0 } }, { adam: { epsilon: 1e-7 } }] },
      },
    });
    const again = parseProtocol(formatProtocol(protocol), 'again.yaml');
    expect(again).toEqual(protocol);
    expect(expand(again)).toEqual(expand(protocol));
  });

  it('of one value do not change the key', () => {
    expect(expand(parse(['[4, 6]', '[4]'])).map(({ key }) => key)).toEqual(
      expand(parse(['[4, 6]', '4'])).map(({ key }) => key),
    );
  });

  it('are expanded to 100 000 trials in about a second', () => {
    const protocol = smallProtocol({
      student: { width: { range: [1, 100, 1] } },
      seed: { count: 50 },
      trials: 10,
    });
    const before = process.cpuUsage();
    expect(expand(protocol)).toHaveLength(100_000);
    // Processor time, as others may use the core: 0.8 to 0.9 s on an EPYC (Zen 4). The limit has room for a slow machine.
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(4);
  }, 20_000);
});

describe('spacings', () => {
  const seeds = (spacing: string) =>
    expand(parse(['[4, 6]', '4'], ['seed: 5', `seed: ${spacing}`]))
      .filter(({ protocol }) => protocol.parametrization === 'direct')
      .map(({ protocol }) => protocol.seed);
  const penalties = (spacing: string) =>
    expand(parse(['[4, 6]', '4'], ['eigenvectors: 0.01', `eigenvectors: ${spacing}`]))
      .filter(({ protocol }) => protocol.parametrization === 'spectral')
      .map(({ protocol }) => protocol.arm.l2.eigenvectors);

  it('of kind count start from 0 or from another number', () => {
    expect(seeds('{ count: 4 }')).toEqual([0, 1, 2, 3]);
    expect(seeds('{ count: 2, from: 7 }')).toEqual([7, 8]);
  });

  it('of kind range include the end where a step ends on it', () => {
    expect(seeds('{ range: [2, 8, 3] }')).toEqual([2, 5, 8]);
    expect(seeds('{ range: [8, 3, -2] }')).toEqual([8, 6, 4]);
    expect(penalties('{ range: [0, 0.3, 0.1] }')).toEqual([0, 0.1, 0.2, 0.3]);
  });

  it('have equal distances or ratios, the ends as written, 12 digits between them', () => {
    expect(penalties('{ linspace: [0, 1, 4] }')).toEqual([0, 0.333333333333, 0.666666666667, 1]);
    expect(penalties('{ logspace: [1e-4, 1e-2, 5] }')).toEqual([
      ...[0.0001, 0.000316227766017, 0.001, 0.00316227766017, 0.01],
    ]);
  });

  it('are integers where the field is', () => {
    expect(seeds('{ logspace: [10, 1000, 5] }')).toEqual([10, 32, 100, 316, 1000]);
  });
});

describe('zip', () => {
  it('combines axes value by value, across arms too', () => {
    const trials = expand(
      parse(
        ['batchSize: 16', 'batchSize: [16, 32]'],
        ['batchSize: 8', 'batchSize: [8, 12]'],
        ['seed: 5', 'seed: [1, 2]\nzip: [[student.width, arms.spectral.batchSize, seed]]'],
      ),
    );
    expect(told(trials, ({ student, arm, seed }) => [student.width, arm.batchSize, seed])).toEqual([
      ...['spectral 4 16 1', 'direct 4 8 1', 'direct 4 12 1'],
      ...['spectral 6 32 2', 'direct 6 8 2', 'direct 6 12 2'],
    ]);
  });

  it('may give wide students fewer trials', () => {
    const trials = expand(parse(['trials: 1', 'trials: [3, 1]\nzip: [[student.width, trials]]']));
    expect(trials.map(({ protocol }) => protocol.student.width)).toEqual([4, 4, 4, 4, 4, 4, 6, 6]);
  });

  it('may give each value its own full-batch size', () => {
    const sizes = 'batchSize: [500, 900]';
    const zip = 'seed: 5\ndata: { train: [500, 900] }\nzip: [[data.train, arms.spectral.batchSize]]';
    expect(expand(parse(['batchSize: 16', sizes], ['seed: 5', zip]))).toHaveLength(8);
    expect(expand(parse(['batchSize: 16', 'batchSize: 9000']))).toHaveLength(4);
  });

  it('admits combinations that would be refused in a product', () => {
    const axes = [
      ['trainable: [eigenvectors]', 'trainable: [[eigenvectors], [eigenvectors, eigenvaluesOut]]'],
      ['eigenvectors: 0.01', 'eigenvaluesOut: [0, 0.5]'],
    ] as const;
    const zipped = [
      'seed',
      'zip: [[arms.spectral.trainable, arms.spectral.l2.eigenvaluesOut]]\nseed',
    ] as const;
    expect(expand(parse(...axes, zipped))).toHaveLength(6);
    expect(refusal(...axes)).toBe(
      'line 7: arms.spectral.l2.eigenvaluesOut[1]: expected 0, received 0.5: eigenvaluesOut is not trained. This ' +
        'combination, with arms.spectral.trainable[0], is one of the grid; `zip` makes axes go together',
    );
  });
});

it('a plain object is refused with paths, without lines', async () => {
  const grid = async () => checkProtocol({ ...smallProtocol(), seed: [1, -1] }, 'of the call');
  expect(await rejectionOf(grid())).toBe(
    'invalid_protocol: invalid protocol of the call: seed[1]: expected a non-negative integer, received -1',
  );
});

it('the JSON Schema admits an axis for any field, and spacings for numbers', () => {
  const schema = protocolJsonSchema(teacherStudent) as {
    properties: Record<string, { properties: Record<string, unknown> }>;
  };
  const arm = (schema.properties.arms as unknown as { properties: { spectral: typeof schema } }).properties
    .spectral.properties;
  // its two forms: as in the paper, and as a list of layers
  const [short] = (schema.properties.student as unknown as { anyOf: [typeof schema, typeof schema] }).anyOf;
  expect(short.properties.width).toMatchObject({
    anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'integer' } }, { $ref: '#/$defs/spacing' }],
  });
  expect(schema.properties.dtype).toMatchObject({
    anyOf: [{ enum: ['float32', 'float64'] }, { type: 'array' }],
    default: 'float32',
  });
  expect(arm.trainable).toMatchObject({ anyOf: [{ type: 'array' }, { items: { type: 'array' } }] });
  const optimizer = JSON.stringify(arm.optimizer);
  expect(optimizer.match(/\$defs\/spacing/g)?.length).toBeGreaterThan(10);
  expect(schema.properties.zip).toMatchObject({ type: 'array', items: { type: 'array' } });
});

it('the examples in docs/how-to/run-a-sweep.md are valid', async () => {
  const page = await readFile(new URL('../../docs/how-to/run-a-sweep.md', import.meta.url), 'utf8');
  const example = /## Make a grid[\s\S]*?```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const protocol = parseProtocol(
    `teacher: { teacherSize: 20 }\n${example}epochs: 1\ntrials: 1\n`,
    'docs/how-to/run-a-sweep.md',
  );
  expect(expand(protocol)).toHaveLength(3 * 2 * 5 * 30);
});
