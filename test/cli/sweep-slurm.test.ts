import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { FakeSlurm, fakeConfig } from '../slurm/fake-slurm.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { call } from './captured-terminal.js';

let folder: string;
let protocol: string;
let out: string;
let slurm: FakeSlurm;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-cli-'));
  protocol = join(folder, 'small.yaml');
  out = join(folder, 'my run');
  await writeFile(protocol, formatProtocol(smallProtocol()));
  slurm = new FakeSlurm(join(folder, 'bin'))
    .answer('scontrol', { stdout: fakeConfig })
    .answer('sbatch', { stdout: '4711\n' });
});
afterEach(async () => {
  slurm.remove();
  await rm(folder, { recursive: true, force: true });
});

describe('sweep --slurm', () => {
  it('submits, and prints how to follow, cancel and continue', async () => {
    const arguments_ = [
      '--array-tasks',
      '3',
      '--sbatch-option',
      'exclusive',
      '--sbatch-option',
      'comment=a=b',
    ];
    const { exitCode, stdout, stderr } = await call(
      'sweep',
      protocol,
      '--out',
      out,
      '--slurm',
      ...arguments_,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(
      'Submitted job 4711: 3 tasks for 8 of 8 trials.\n' +
        `Script and logs: ${out}/slurm\n` +
        `How far it is:   eigenstudent status '${out}'\n` +
        'Cancel:          scancel 4711\n' +
        'Go on after a failure, with what is missing then:\n' +
        `  eigenstudent sweep ${protocol} --out '${out}' --slurm --array-tasks 3 --sbatch-option exclusive ` +
        '--sbatch-option comment=a=b\n',
    );
    expect(slurm.call('sbatch')?.parameters).toEqual(
      expect.arrayContaining(['--array=0-2', '--exclusive', '--comment=a=b']),
    );
  });

  it('submits a run directory again, and mentions tasks that are still active', async () => {
    await call('sweep', protocol, '--out', out, '--slurm');
    slurm.answer('squeue', { stdout: '4711|RUNNING|None\n' }).answer('sbatch', { stdout: '4712\n' });
    const { exitCode, stdout, stderr } = await call('sweep', out, '--slurm', '--json');
    expect(exitCode).toBe(0);
    expect(stderr).toBe(
      'job 4711 of this directory has 1 task that runs or waits; the new ones share the work\n',
    );
    expect(JSON.parse(stdout)).toMatchObject({ directory: out, jobId: '4712', tasks: [0], missing: 8 });
  });

  it('--dry-run prints the script and submits nothing', async () => {
    const { exitCode, stdout, stderr } = await call(
      'sweep',
      protocol,
      '--out',
      out,
      '--slurm',
      '--dry-run',
      '--time',
      '90',
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^#!\/bin\/bash\n(#SBATCH --.*\n)+\n/);
    expect(stderr).toBe(
      '8 trials: spectral 4, direct 4\n  student.width: 4 (4), 6 (4)\n8 of them to train, in 1 task\n',
    );
    expect(stdout).toContain('\n#SBATCH --time=90\n');
    expect(slurm.call('sbatch')).toBeUndefined();
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    [
      ['--dry-run'],
      'expected no --dry-run with --cancel, which cancels the jobs of the run directory and submits none',
    ],
    [
      ['--partition', 'cpu'],
      'expected no --partition with --cancel, which cancels the jobs of the run directory and submits none',
    ],
    [
      ['--profile'],
      'expected no --profile with --slurm: the time goes where the tasks run, and this call trains nothing',
    ],
  ])('--cancel with %j is a wrong call, and cancels nothing', async (more, message) => {
    slurm.answer('scancel', {});
    expect(await call('sweep', protocol, '--out', out, '--slurm', '--cancel', ...more)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: ${message}\n`,
    });
  });

  it('--cancel cancels the remaining tasks', async () => {
    await call('sweep', protocol, '--out', out, '--slurm');
    slurm.answer('squeue', { stdout: '4711|RUNNING|None\n' }).answer('scancel', {});
    const { stdout } = await call('sweep', out, '--slurm', '--cancel');
    expect(stdout).toBe('Cancelled: job 4711. Running tasks write their checkpoints first.\n');
    slurm.answer('squeue', { stdout: '4711|CANCELLED|None\n' });
    expect((await call('sweep', out, '--slurm', '--cancel')).stdout).toBe(
      `No job of ${out} runs or waits.\n`,
    );
  });

  it.each([
    [['--throttle', '2'], 2, '--throttle says how to use Slurm: add --slurm, or leave it out'],
    [['--sbatch-option', 'x=y'], 2, '--sbatch-option says how to use Slurm: add --slurm, or leave it out'],
    [
      ['--slurm', '--sbatch-option', '--exclusive'],
      2,
      'expected KEY=VALUE or KEY without dashes, as in constraint=zen4 for --sbatch-option, received "--exclusive"',
    ],
    [
      ['--slurm', '--shard', '1/2'],
      2,
      '--slurm cuts the sweep into parts itself: leave out --shard, or say how many with --array-tasks',
    ],
    [['--slurm', '--cpus', '0'], 2, 'expected a positive integer for cpus of slurm, received 0'],
  ])('%j is refused', async (argv, exitCode, message) => {
    expect(await call('sweep', protocol, '--out', out, ...argv)).toEqual({
      exitCode,
      stdout: '',
      stderr: `error: ${message}\n`,
    });
    expect(existsSync(out)).toBe(false);
  });

  it('that is refused by Slurm exits with 1', async () => {
    slurm.answer('sbatch', { stderr: 'sbatch: error: no such account\n', status: 1 });
    expect(await call('sweep', protocol, '--out', out, '--slurm')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: sbatch refused:\n  sbatch: error: no such account\n',
    });
  });
});
