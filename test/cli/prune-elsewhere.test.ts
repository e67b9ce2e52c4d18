/** Networks that scikit-learn trained on wine and breast cancer (experiments/prune-elsewhere/train.py), with data of three parts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNpyData } from '../../src/data/numpy-data.js';
import { loadNetwork } from '../../src/exchange/index.js';
import { call } from './captured-terminal.js';

const fixtures = fileURLToPath(new URL('../fixtures/prune-elsewhere/', import.meta.url));
let folder: string;
let target: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-prune-elsewhere-'));
  target = join(folder, 'small.onnx');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const files = (name: string, part: string) =>
  ['x', 'y'].map((array) => join(fixtures, name, `${part}-${array}.npy`));
const given = (name: string, ...more: string[]) => [
  ...['prune', join(fixtures, name, 'model.npz'), '--export', target],
  ...['--data', ...files(name, 'train'), '--validation-data', ...files(name, 'validation')],
  ...more,
];
const readme = ['--max-degradation', '1%', '--scope', 'global', '--fine-tune', '50'];

interface Tried {
  l2: { eigenvectors: number; eigenvaluesOut: number } | null;
  whole: number;
  nodes: number | null;
  after: number | null;
  chosen: boolean;
}

async function answer(...argv: string[]) {
  const { exitCode, stdout, stderr } = await call(...argv, '--json');
  expect(exitCode, stdout + stderr).toBe(0);
  return JSON.parse(stdout);
}

describe('the call of docs/how-to/prune-a-network.md', () => {
  it.each(['wine', 'breast-cancer'])(
    'prunes the network of %s within its bound on validation data, and prints the accuracy on test data',
    async (name) => {
      const told = await answer(...given(name, '--test-data', ...files(name, 'test'), ...readme));
      const { metric, layers, candidates, data } = told;
      expect(metric.name).toBe('accuracy');
      expect(metric.validation.after).toBeGreaterThanOrEqual(0.99 * metric.validation.before);
      expect(metric.test.before).toBeGreaterThan(0.95);
      expect(metric.test.after).toBeGreaterThan(0.9);
      expect(data.test).toEqual({ samples: name === 'wine' ? 36 : 114, from: '--test-data' });
      const nodes = layers.reduce((sum: number, { after }: { after: number }) => sum + after, 0);
      expect(nodes).toBeLessThan(0.6 * 48);
      // the fewest nodes of all that were tried
      const tried = candidates as Tried[];
      expect(tried).toHaveLength(6);
      expect(tried[0]?.l2).toBeNull();
      const [chosen, ...others] = tried.filter((one) => one.chosen);
      expect(others).toEqual([]);
      expect(chosen?.nodes).toBe(nodes);
      expect(Math.min(...tried.map((one) => one.nodes ?? Number.POSITIVE_INFINITY))).toBe(nodes);
      // what was written is what was told
      const small = (await loadNetwork(target)).network;
      const [inputs, labels] = files(name, 'test') as [string, string];
      const kind = name === 'wine' ? 'classes' : 'targets';
      const test = await readNpyData({ inputs, [kind]: labels });
      expect((await small.evaluate(test)).accuracy).toBe(metric.test.after);
    },
  );

  it('selects the same penalties for any test data, and gives the same network when these are given', async () => {
    const told = await answer(...given('wine', ...readme));
    const tested = await answer(...given('wine', '--test-data', ...files('wine', 'test'), ...readme));
    expect([tested.l2, tested.layers, tested.candidates]).toEqual([told.l2, told.layers, told.candidates]);
    expect(Object.keys(told.metric)).toEqual(['name', 'train', 'validation']);
    const { eigenvectors, eigenvaluesOut } = told.l2;
    const asked = await answer(...given('wine', ...readme, '--l2', `${eigenvectors},${eigenvaluesOut}`));
    expect([asked.l2, asked.layers, asked.metric]).toEqual([told.l2, told.layers, told.metric]);
    expect(asked.candidates).toHaveLength(1);
  });

  it('accepts data that the network was trained on, and calls none of them a test', async () => {
    const model = join(fixtures, 'wine', 'model.npz');
    const argv = ['prune', model, '--data', ...files('wine', 'train'), ...readme, '--export', target];
    const { metric, data } = await answer(...argv);
    expect(metric.validation.before).toBe(1);
    expect(metric.validation.after).toBeGreaterThanOrEqual(0.99);
    expect(Object.keys(metric)).toEqual(['name', 'train', 'validation', 'heldOut']);
    expect(data).toEqual({
      train: { samples: 64, from: 'the rest of --data' },
      validation: { samples: 21, from: 'held out from --data' },
      heldOut: { samples: 21, from: 'held out from --data, decides nothing' },
    });
  });

  it('prints its cost, the candidates, and the uncertainty from few samples', async () => {
    const { stdout, stderr } = await call(
      ...given('wine', '--test-data', ...files('wine', 'test'), ...readme),
    );
    expect(stderr).toMatch(
      /^--l2 auto: 5 networks are fine-tuned for 50 epochs each, under weaker and stronger penalties; validation data choose one of them or the model as it came\nepoch 5 of 50: train loss( [\d.e-]+){5}, validation loss( [\d.e-]+){5}\n/,
    );
    expect(stdout).toMatch(/│ none: the model as it came │ +0\.9722 │/);
    expect(stdout).toMatch(/│ test +│ +36 │ --test-data +│ +1\.000 │/);
    expect(stdout).toContain(
      '\nOn 36 validation samples an accuracy of 0.9722 has a standard error of 0.0274, and --max-degradation allows 0.0097: what ' +
        'the cut costs on other samples may be more. More validation samples make it surer.\n',
    );
    expect(stdout).not.toContain('held out');
  });

  it('without a bound selects the network with the best metric after the cut', async () => {
    const { candidates } = await answer(...given('wine', '--keep', '5', '--fine-tune', '20'));
    const tried = candidates as Tried[];
    expect(tried.map(({ nodes }) => nodes)).toEqual(Array(6).fill(10));
    const best = Math.max(...tried.map(({ after }) => after as number));
    expect(tried.findIndex(({ chosen }) => chosen)).toBe(tried.findIndex(({ after }) => after === best));
  });

  it('refuses penalties that exceed the bound, with the metric of the original model', async () => {
    const { exitCode, stderr } = await call(
      ...given('wine', ...readme, '--l2', '3,3', '--learning-rate', '0.05'),
    );
    expect(exitCode).toBe(2);
    expect(stderr.split('\n').at(-2)).toMatch(
      /^error: expected a validation accuracy of at least 0\.9625 after fine-tuning under --l2 3,3, before anything is removed \(the model as it came has 0\.9722\), received 0\.\d+\. The penalties cost more than --max-degradation allows: leave out --l2, which then tries weaker ones, or give weaker ones, or allow more$/,
    );
  });
});

describe('samples that validate or test', () => {
  it('do not require training data where nothing is fine-tuned', async () => {
    const model = join(fixtures, 'wine', 'model.npz');
    const validation = ['--validation-data', ...files('wine', 'validation')];
    const told = await answer('prune', model, ...validation, '--max-degradation', '5%', '--export', target);
    expect(Object.keys(told.metric)).toEqual(['name', 'validation']);
    const test = ['--test-data', ...files('wine', 'test')];
    const kept = await answer('prune', model, ...test, '--keep', '10', '--export', target);
    expect(kept.metric.test.before).toBe(1);
  });

  it('are normalised by the statistics of all of --data', async () => {
    const normalized = await answer(...given('wine', '--keep', '5', '--normalize', 'standard'));
    const plain = await answer(...given('wine', '--keep', '5'));
    // these are standard already, by the statistics of the same samples
    expect(normalized.metric).toEqual(plain.metric);
  });

  it.each<[string, string[], string]>([
    [
      'that are those of --data',
      ['--test-data', ...files('wine', 'train')],
      `expected other samples for --test-data than for --data, received ${files('wine', 'train').join(' ')} for both`,
    ],
    [
      'of another number of inputs',
      ['--test-data', ...files('breast-cancer', 'test')],
      `${files('breast-cancer', 'test').join(' ')}: expected data with 13 inputs per sample, as the network has, received 30`,
    ],
  ])('%s are refused', async (_, more, message) => {
    const { exitCode, stderr } = await call(...given('wine', '--keep', '3', ...more));
    expect([exitCode, stderr]).toEqual([2, `error: ${message}\n`]);
  });
});
