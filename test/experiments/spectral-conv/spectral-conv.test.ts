import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { atOnce, threadsEach } from '../../../src/experiments/spectral-conv/protocol/at-once.js';
import { readImages } from '../../../src/experiments/spectral-conv/run/images.js';
import { type Figure, specification } from '../../../src/figures/figure.js';
import { renderSvg } from '../../../src/figures/render.js';
import { lightTheme } from '../../../src/figures/theme.js';
import { reportContent } from '../../../src/report/content.js';
import { parseProtocol, queryRecords, readRecords, sweep } from '../../../src/sweep.js';

const digits = 'test/fixtures/digits/digits.csv.gz';
const protocol = {
  experiment: 'spectral-conv' as const,
  data: { csv: { file: digits, label: 'digit', shape: [1, 8, 8] }, train: 300, test: 100 },
  channels: [4, 6, 6],
  arms: { spectral: {}, lasso: {}, slimBn: {} },
  shares: [1, 0.5],
  epochs: 4,
  batchSize: 100,
  trials: 2,
  seed: 3,
};

/** What a trial found, by key. */
async function found(directory: string): Promise<Record<string, unknown>> {
  const records = await readRecords(directory);
  return Object.fromEntries(records.map(({ key, scalars }) => [key, scalars]));
}

describe('a protocol of spectral-conv', () => {
  const refused = (fields: object) => sweep({ ...protocol, ...fields } as never, { directory: 'unused' });

  it.each([
    [{ data: { train: 10, test: 10 } }, 'data: expected exactly one of csv, fashionMnist, received none'],
    [{ channels: [[4, 6]] }, 'channels'],
    [{ augment: { shift: [1, 8] } }, 'augment.shift: expected fewer pixels than the 8 rows or columns'],
    [
      { data: { ...protocol.data, pool: 2 }, augment: { shift: 4 } },
      'augment.shift: expected fewer pixels than the 4 rows or columns',
    ],
    [{ augment: { shift: 1, flop: true } }, 'unknown key "flop"'],
    [{ shares: [[0.5, 1]] }, 'expected shares from the largest to the smallest, each once'],
    [{ shares: [[1, 0]] }, 'expected a share above 0, at most 1, received 0'],
    [{ arms: { spectrall: {} } }, 'unknown key "spectrall"'],
    [{ arms: { direct: { l2Eigenvalues: 1 } } }, 'unknown key "l2Eigenvalues"'],
    [
      { data: { ...protocol.data, csv: [protocol.data.csv, protocol.data.csv] } },
      'files do not vary within a protocol',
    ],
  ])('is refused where it is wrong: %j', async (fields, message) => {
    await expect(refused(fields)).rejects.toMatchObject({
      code: 'invalid_protocol',
      message: expect.stringContaining(message),
    });
  });
});

describe('its images', () => {
  let folder: string;
  let file: string;
  const data = { shape: [1, 2, 4], label: 'class', order: 0, measure: 'test' as const };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eigenstudent-images-'));
    file = join(folder, 'images.csv');
    const lines = Array.from(
      { length: 6 },
      (_, i) => `${[1, 2, 3, 4, 5, 6, 7, 8].map((p) => p * (i + 1))},${i % 2}`,
    );
    await writeFile(file, `a,b,c,d,e,f,g,h,class\n${lines.join('\n')}\n`);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const read = (fields: object) =>
    readImages({
      csv: { file, label: 'class', shape: [1, 2, 4] },
      ...data,
      pool: 2,
      train: 4,
      test: 2,
      ...fields,
    } as never);

  it('are means of pool x pixels, standardised by the images of training', async () => {
    const { train, measured, classes } = await read({});
    expect([train.inputShape, train.samples, measured.samples, classes]).toEqual([[1, 1, 2], 4, 2, 2]);
    const ratio = (inputs: ArrayLike<number>) => (inputs[1] as number) - (inputs[0] as number);
    // Pixels are multiples of (1 + 2 + 5 + 6) / 4 = 3.5 and 5.5, by a factor per image.
    const all = [...train.inputs];
    expect(all.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5);
    expect(all.reduce((sum, value) => sum + value ** 2, 0) / all.length).toBeCloseTo(1, 5);
    expect(ratio(train.inputs)).toBeGreaterThan(0);
  });

  it('are refused where there are too few, or their size does not divide', async () => {
    await expect(read({ train: 5 })).rejects.toThrow(`expected 7 images in ${file}`);
    await expect(read({ measure: 'validation' })).rejects.toThrow('expected 8 images');
    await expect(read({ pool: 3 })).rejects.toThrow('expected data.pool to divide the 2 x 4 pixels');
  });
});

describe('a run of spectral-conv', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eigenstudent-conv-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('records accuracies by the criteria of each arm, has them in queries, and draws its figure', async () => {
    const { summary } = await sweep(protocol, { directory });
    expect(summary.trials).toEqual({ total: 6, finished: 6, failed: 0 });
    const { rows } = await queryRecords(
      directory,
      'select arm: protocol.arm.name, whole: avg(accuracy), half: avg((relevance->>1)::double) from trials group by 1 order by 1',
    );
    expect(rows.map(({ arm }) => arm)).toEqual(['lasso', 'slimBn', 'spectral']);
    const records = await readRecords<Record<string, unknown>>(directory);
    const scalarsOf = (arm: string) =>
      records.find(({ protocol: { arm: own } }) => (own as { name?: string }).name === arm)
        ?.scalars as Record<string, unknown>;
    const own = ['accuracy', 'loss', 'trainAccuracy', 'trainLoss', 'effectiveChannels'];
    expect(Object.keys(scalarsOf('spectral'))).toEqual([...own, 'eigenvalue', 'relevance', 'l1', 'random']);
    expect(Object.keys(scalarsOf('lasso'))).toEqual([...own, 'relevance', 'l1', 'random']);
    expect(Object.keys(scalarsOf('slimBn'))).toContain('batchNormScaleRecalibrated');
    const { eigenvalue, accuracy } = scalarsOf('spectral') as { eigenvalue: number[]; accuracy: number };
    expect(eigenvalue).toEqual([accuracy, expect.any(Number)]);

    const content = await reportContent(directory);
    expect(content.table.rows).toHaveLength(4 + 3 + 2 * 4);
    const figure = content.figures[0]?.make() as Figure;
    for (const layout of ['wide', 'narrow'] as const) {
      const svg = await renderSvg(specification(figure, { theme: lightTheme, layout, inPage: false }));
      expect(svg).toContain('spectral, by eigenvalue');
    }
  });

  it('moves images as the seed says: the same one gives the same numbers, another one or none others', async () => {
    const short = { ...protocol, arms: { spectral: {} }, trials: 1, epochs: 2 };
    const run = async (name: string, fields: object) => {
      await sweep({ ...short, ...fields }, { directory: join(directory, name) });
      return Object.values(await found(join(directory, name)));
    };
    const augment = { shift: 1, flip: true };
    const moved = await run('moved', { augment });
    expect(await run('again', { augment })).toEqual(moved);
    expect(await run('still', {})).not.toEqual(moved);
    expect(await run('other', { augment: { shift: 1 } })).not.toEqual(moved);
  });

  it.each([{}, { augment: { shift: 1, flip: true } }])(
    'continues from its checkpoints after an interruption, to the same numbers: %j',
    async (fields) => {
      const short = { ...protocol, ...fields, arms: { spectral: {}, slimBn: {} }, trials: 1, epochs: 6 };
      const [half, whole] = [join(directory, 'half'), join(directory, 'whole')];
      await sweep(short, { directory: whole });
      const stop = new AbortController();
      const onProgress = ({ steps }: { steps: { done: number } }) => steps.done >= 6 && stop.abort();
      const options = { directory: half, checkpointEvery: 0.001 };
      const interrupted = sweep(short, { ...options, signal: stop.signal, onProgress });
      await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' });
      const { continued } = await sweep(short, { directory: half });
      expect(continued.length).toBeGreaterThan(0);
      expect(await found(half)).toEqual(await found(whole));
    },
  );

  it('trains spectral and direct students from the same first weights', async () => {
    const arms = { spectral: { l2Eigenvectors: 0, l2Eigenvalues: 0 }, direct: { l2Eigenvectors: 0 } };
    const still = { ...protocol, arms, learningRate: 1e-30, trials: 1, epochs: 1, dtype: 'float64' };
    await sweep(still, { directory });
    const [a, b] = Object.values(await found(directory)) as { loss: number }[];
    expect(a?.loss).toBe(b?.loss);
  });
});

it('students side by side have no more threads together than were asked for', () => {
  for (let threads = 1; threads <= 20; ++threads) {
    const each = threadsEach(threads);
    expect(each).toBeGreaterThanOrEqual(1);
    expect(each * Math.min(atOnce, threads)).toBeLessThanOrEqual(threads);
  }
});

it('the template is a protocol, and the figure tells the settings that it leaves out', async () => {
  const { spectralConv } = await import('../../../src/experiments/spectral-conv/experiment.js');
  expect(parseProtocol(spectralConv.template, 'template')).toMatchObject({ experiment: 'spectral-conv' });
  expect(Object.keys(spectralConv.presets ?? {})).toEqual(['quick', 'paper']);
  const directory = await mkdtemp(join(tmpdir(), 'eigenstudent-conv-'));
  const arms = { spectral: { l2Eigenvectors: [0.01, 0.02] } };
  await sweep({ ...protocol, arms, trials: 1, epochs: 1 }, { directory });
  const { table } = await reportContent(directory);
  expect(table.columns).toContain('setting');
  const figure = (await reportContent(directory)).figures[0]?.make() as Figure;
  expect(figure.notes.at(-1)).toBe('The first setting of each arm is drawn; 1 others are in the table.');
  await rm(directory, { recursive: true, force: true });
});
