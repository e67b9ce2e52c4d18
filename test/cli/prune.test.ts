import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadNetwork } from '../../src/exchange/index.js';
import { SharedData } from '../../src/experiments/teacher-student/run/shared-data.js';
import { Network } from '../../src/network/network.js';
import { isFinished } from '../../src/runs/record.js';
import { type FinishedRecord, readRecords, sweep } from '../../src/sweep.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { call } from './captured-terminal.js';

let folder: string;
let run: string;
let records: FinishedRecord[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-prune-'));
  run = join(folder, 'run');
  await sweep(smallProtocol(), { directory: run });
  records = (await readRecords(run)).filter(isFinished);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function prune(...argv: string[]) {
  const out = join(folder, 'pruned.safetensors');
  const { exitCode, stdout } = await call('prune', run, '--out', out, '--json', ...argv);
  expect(exitCode).toBe(0);
  return { answer: JSON.parse(stdout), network: await Network.load(out) };
}

it('prune saves a narrower network whose losses are as printed', async () => {
  const { answer, network } = await prune('--width', '6', '--arm', 'spectral', '--keep', '3');
  const best = records
    .filter(({ scalars }) => scalars.width === 6 && scalars.parametrization === 'spectral')
    .sort((a, b) => a.scalars.validationLoss - b.scalars.validationLoss)[0] as FinishedRecord;
  expect(answer).toMatchObject({ trial: { key: best.key, width: 6 }, criterion: 'L', kept: 3, width: 6 });
  expect(answer.lossBefore).toBeCloseTo(best.scalars.testLoss, 6);
  expect(network.spec.layers.map(({ width }) => width)).toEqual([3, 2, 1]);
  const { test } = await new SharedData().of(best.protocol);
  expect((await network.evaluate(test)).loss).toBeCloseTo(answer.lossAfter, 6);
});

it('prune keeps the effective size by default', async () => {
  const [record] = records as [FinishedRecord, ...FinishedRecord[]];
  const { answer } = await prune('--trial', record.key.slice(0, 8));
  expect(answer.trial.key).toBe(record.key);
  expect(answer.kept).toBe(record.scalars.effectiveSize);
});

it('prune cuts by percentile, and by a bound on the validation loss', async () => {
  expect((await prune('--width', '4', '--percentile', '50')).answer.kept).toBe(2);
  expect((await prune('--width', '4', '--max-degradation', '1e9')).answer.kept).toBe(1);
  expect((await prune('--width', '4', '--arm', 'direct', '--max-degradation', '1e9')).answer.criterion).toBe(
    'M',
  );
});

it('prune refuses an arm that the experiment does not have', async () => {
  expect(await call('prune', run, '--arm', 'spektral')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'error: expected one of spectral, direct for --arm, received "spektral". Did you mean "spectral"?\n',
  });
});

it('prune refuses a file with the extension of another format', async () => {
  expect(await call('prune', run, '--out', 'pruned.npz')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'error: expected a path that ends in .onnx or .safetensors for --out, received "pruned.npz"\n',
  });
});

it('prune saves ONNX by the extension of the file, in capitals too', async () => {
  const out = join(folder, 'pruned.ONNX');
  const { exitCode } = await call(
    'prune',
    run,
    '--width',
    '6',
    '--arm',
    'spectral',
    '--keep',
    '3',
    '--out',
    out,
  );
  expect(exitCode).toBe(0);
  const { network } = await loadNetwork(out);
  const { network: same } = await prune('--width', '6', '--arm', 'spectral', '--keep', '3');
  for (const layer of [0, 1, 2])
    expect(network.effectiveWeights(layer)).toEqual(same.effectiveWeights(layer));
});

it('prune reports that no trial matches, and which there are', async () => {
  const { exitCode, stderr } = await call('prune', run, '--width', '5', '--arm', 'direct');
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    `error: expected a finished trial in ${run} for --width 5 --arm direct, found none; it has 8 finished trials of ` +
      'widths 4, 6\n',
  );
});

it.each([
  [['--keep', '7'], 'expected at most the 6 nodes that the layer has for keep, received 7'],
  [
    ['--keep', '0'],
    'expected at least 1 node for keep, received 0. A layer without nodes would cut the network in two',
  ],
  [['--percentile', '101'], 'expected a finite number between 0 and 100 for percentile, received 101'],
  [['--max-degradation', '-1'], 'expected a finite number of at least 0 for maxDegradation, received -1'],
])('prune refuses %j', async (argv, message) => {
  const outcome = await call(
    'prune',
    run,
    '--width',
    '6',
    '--out',
    join(folder, 'none.safetensors'),
    ...argv,
  );
  expect(outcome).toEqual({ exitCode: 2, stdout: '', stderr: `error: ${message}\n` });
});
