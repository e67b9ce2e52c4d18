import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { openRunDirectory, readProtocol } from '../../src/runs/run-directory.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { call } from './captured-terminal.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-dry-run-'));
  file = join(folder, 'small.yaml');
  const arm = { optimizer: { adam: { learningRate: [0.01, 0.001] } }, batchSize: 16 };
  const protocol = smallProtocol({
    arms: { spectral: arm },
    dtype: ['float32'],
    seed: { count: 20 },
    trials: 1,
  });
  await writeFile(file, formatProtocol(protocol));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('sweep --dry-run', () => {
  const flags = ['--dry-run', '--device', 'cpu', '--threads', '1'];

  it('prints trials by arm and field, finished trials, arithmetic, time and memory, and writes nothing', async () => {
    const out = join(folder, 'run');
    const { exitCode, stdout, stderr } = await call('sweep', file, '--out', out, ...flags);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'timing a few trials ...\n' });
    expect(stdout.split('\n')).toEqual([
      '80 trials: spectral 80',
      '  student.width: 4 (40), 6 (40)',
      '  arms.spectral.optimizer.adam.learningRate: 0.01 (40), 0.001 (40)',
      '  seed: 20 values, 4 trials each',
      `0 of them done in ${out}`,
      // 6 epochs of 40 patterns; 2 width (2 x 3 + 3 x 2) = 24 width operations; 40 trials of each width
      'Arithmetic: 2.30e+6 useful operations (matrix products; a multiply-add is two)',
      expect.stringMatching(
        /^Time: (?:less than 1 s|about [\d hmins]+, by these timings [\d hmins]+ to [\d hmins]+), on cpu-\w+ float32 \(kinds of trials: 2 timed; records and report come on top\)$/,
      ),
      'Memory: at most 1 MiB for the largest batch, 4 trials',
      '',
    ]);
    expect(await readdir(folder)).toEqual(['small.yaml']);
  });

  it.each([
    ['', flags],
    ['--slurm ', ['--slurm', '--dry-run']],
  ])('%srefuses a conflicting protocol, as the sweep would', async (_, asked) => {
    const out = join(folder, 'run');
    const other = smallProtocol({ epochs: 7 });
    await openRunDirectory(out, other);
    const { exitCode, stdout, stderr } = await call('sweep', file, '--out', out, ...asked);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`error: ${out} already holds another protocol:\n`);
    expect(stderr).toContain('\n  epochs is 7 there and 6 here\n');
    expect((await call('sweep', file, '--out', out, '--device', 'cpu', '--no-report')).stderr).toContain(
      stderr.slice(stderr.indexOf('error: ')),
    );
    expect(await readdir(out)).toEqual(['protocol.yaml', 'trials']);
    expect(await readProtocol(out)).toEqual(other);
  });

  it('prints one JSON document with --json, for a run directory too, where nothing may remain', async () => {
    const out = join(folder, 'run');
    await call('sweep', file, '--out', out, '--device', 'cpu', '--threads', '1', '--no-report');
    const { exitCode, stdout } = await call('sweep', out, ...flags, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      directory: out,
      trials: { total: 80, done: 80, byArm: { spectral: 80 } },
      operations: 0,
      time: null,
    });
    expect((await call('sweep', out, ...flags)).stdout).toMatch(
      /\n80 of them done in .*\nNothing is left to train\.\n$/,
    );
  });
});
