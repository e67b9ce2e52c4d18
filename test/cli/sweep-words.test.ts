/** What `sweep` says before, at the end and where it cannot do what was asked, and how it exits. */

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Protocol } from '../../src/experiments/teacher-student/protocol/schema.js';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { sweep } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { killableProtocol } from '../sweep/sweep-processes.js';
import { call } from './captured-terminal.js';

let folder: string;
let file: string;
let out: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-sweep-words-'));
  file = join(folder, 'small.yaml');
  out = join(folder, 'run');
  await put(smallProtocol());
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(protocol: Protocol): Promise<void> {
  await writeFile(file, formatProtocol(protocol));
}

const run = (...options: string[]) => call('sweep', file, '--out', out, '--no-report', ...options);

describe('sweep --device, --devices and --threads', () => {
  it.each([
    [['--threads', '0'], 2, 'expected a positive integer for threads, received 0'],
    [['--threads', '1.5'], 2, 'expected a positive integer for threads, received 1.5'],
    [['--threads', 'all'], 2, 'expected a number for --threads, received "all"'],
    [
      ['--device', 'gpu'],
      2,
      'expected one of auto, cpu, reference, cuda for device, received "gpu". Did you mean "cpu"?',
    ],
    [
      ['--devices', '0,1'],
      2,
      'expected \'cuda\', as devices are given for device, received "auto". devices are indices of GPUs: add device ' +
        "'cuda' (--device cuda), or leave out devices (--devices)",
    ],
    [['--devices', '0;1'], 2, 'expected numbers between commas, as in 0,1 for --devices, received "0;1"'],
    [
      ['--device', 'cuda', '--devices', '0,1'],
      1,
      "device 'cuda' was asked for, but EIGENSTUDENT_CUDA=none turns it off. Fix it with: unset EIGENSTUDENT_CUDA. Use " +
        "device 'cpu', or 'auto' for the fastest there is; `eigenstudent doctor` lists what this machine can do",
    ],
  ])('%j is refused before anything is written', async (options, exitCode, message) => {
    expect(await run(...options)).toEqual({ exitCode, stdout: '', stderr: `error: ${message}\n` });
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    [['--device', 'auto'], /\(cpu-\w+ float32\)\.\n/],
    [['--device', 'reference', '--threads', '3'], /\(reference float32\)\.\n/],
  ])('%j trains, and prints the engine', async (options, engine) => {
    const { exitCode, stdout } = await run(...options);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(engine);
  });
});

describe('sweep', () => {
  it('prints how many trials continued from checkpoints', async () => {
    const long = killableProtocol(400);
    await put(long);
    const controller = new AbortController();
    const onProgress = ({ fraction }: { fraction: number }) =>
      fraction > 0 && controller.abort(new Error('enough'));
    await rejectionOf(sweep(long, { directory: out, threads: 1, signal: controller.signal, onProgress }));
    const { stdout: begun } = await call('status', out);
    expect(begun).toMatch(
      /Unfinished trials that have begun, by their last checkpoint:\n.*\n│ +trial │ width │/,
    );
    expect(begun).toMatch(/ of 400 │\n/);
    const count = JSON.parse((await call('status', out, '--json')).stdout).trials.begun;
    expect(count).toBeGreaterThan(0);
    const { stdout } = await run();
    const words = count === 1 ? '1 of them from a checkpoint' : `${count} of them from checkpoints`;
    expect(stdout).toMatch(new RegExp(`\\d trained now in [\\d.]+ s \\(${words}\\), \\d there before`));
    expect((await run()).stdout).toMatch(/: 0 trained now in [\d.]+ s, 8 there before/);
  });

  it('prints how many trials did not learn', async () => {
    const arm = { optimizer: { sgd: { learningRate: 1e-12 } }, batchSize: 16 };
    await put(smallProtocol({ arms: { direct: arm } }));
    const { stdout, exitCode } = await run();
    expect(exitCode).toBe(0);
    const [, count] = /\n(\d) trials? did not learn: a test loss no better than /.exec(stdout) ?? [];
    const { groups } = JSON.parse((await call('collect', out, '--json')).stdout);
    expect(groups.map(({ didNotLearn }: { didNotLearn: number }) => didNotLearn)).toEqual([2, 2]);
    expect(count).toBe('4');
    expect((await call('status', out)).stdout).toMatch(/│ did not │/);
  });

  const repeats =
    /^warning: evaluation\.threshold has 2 values, and every student is trained again for each of them, to the same parameters\. One is enough: `eigenstudent thresholds .*run 0\.05,0\.5` applies any threshold to records afterwards\n/;

  it.each([
    ['', []],
    [' --dry-run', ['--dry-run', '--threads', '1']],
    [' --slurm --dry-run', ['--slurm', '--dry-run']],
  ])('%s warns of an axis along which the same students are trained again', async (_, options) => {
    await put(smallProtocol({ evaluation: { points: 3, threshold: [0.05, 0.5] } }));
    const { exitCode, stderr } = await run('--device', 'cpu', ...options);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(repeats);
  });

  it('does not warn of an axis with one value', async () => {
    expect((await run()).stderr).not.toContain('warning');
  });
});

describe('thresholds', () => {
  it('prints the effective sizes at each threshold', async () => {
    await run('--threads', '1');
    const { exitCode, stdout, stderr } = await call('thresholds', out, '0,1');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/│ width │ parametrization │ threshold │ trials │ effective size │/);
    // all nodes are above 0 unless they are dead; none is above 1
    expect(stdout).toMatch(/│ +6 │ direct +│ +0 │ +2 │ +[456]\.\d ± /);
    expect(stdout).toMatch(/│ +6 │ direct +│ +1 │ +2 │ +0\.0 ± 0\.0 │ +0\.0 ± 0\.0 │/);
    const json = await call('thresholds', out, '0,1', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ directory: out, groups: { length: 8 }, damaged: [] });
  });

  it.each([
    ['high', 'expected numbers between commas, as in 0.01,0.05,0.1 for <list>, received "high"'],
    ['0.1,2', 'expected a finite number between 0 and 1 for thresholds[1], received 2'],
  ])('refuses %s', async (list, message) => {
    await run('--threads', '1');
    expect(await call('thresholds', out, list)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: ${message}\n`,
    });
  });

  it('reports that there is no finished trial, or no run', async () => {
    expect((await call('thresholds', folder, '0.1')).exitCode).toBe(2);
    await run('--shard', '1/2');
    await rm(join(out, 'trials'), { recursive: true });
    await mkdir(join(out, 'trials'));
    expect((await call('thresholds', out, '0.1')).stdout).toBe('No trial has finished.\n');
  });
});
