import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import type { SlurmOptions } from '../../src/slurm/options.js';
import { readSubmissions } from '../../src/slurm/submissions.js';
import { jobIdOf, planSubmission, submitSweep } from '../../src/slurm/submit.js';
import { deal } from '../../src/sweep/shard.js';
import { parseProtocol } from '../../src/sweep.js';
import { failureOf, rejectionOf } from '../failure.js';
import { madeUpTrial, smallProtocol } from '../sweep/small-protocol.js';
import { writeStudent } from '../sweep/student-records.js';
import { expand } from '../sweep/student-trials.js';
import { FakeSlurm, fakeConfig } from './fake-slurm.js';

let folder: string;
let directory: string;
let slurm: FakeSlurm;
const protocol = smallProtocol();
const trials = expand(protocol);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-slurm-'));
  directory = join(folder, 'my 5% run');
  slurm = new FakeSlurm(join(folder, 'bin'))
    .answer('scontrol', { stdout: fakeConfig })
    .answer('sbatch', { stdout: '4711\n' });
});
afterEach(async () => {
  slurm.remove();
  await rm(folder, { recursive: true, force: true });
});

async function finish(parts: readonly number[], of: number): Promise<void> {
  for (const part of parts)
    for (const trial of deal(trials, of)[part] ?? []) {
      const { record, arrays } = madeUpTrial(trial as StudentTrial);
      await writeStudent(directory, record, arrays);
    }
}

describe('submitting', () => {
  it('passes sbatch the script, and its options on the command line, where they override the environment', async () => {
    const result = await submitSweep(protocol, {
      directory,
      slurm: {
        ...{
          partition: 'cpu',
          time: '4:00:00',
          gres: 'gpu:1',
          cpus: 4,
          memory: '8G',
          account: 'me',
          qos: 'low',
        },
        ...{ arrayTasks: 3, throttle: 2, sbatchOptions: { constraint: 'zen4', exclusive: true } },
      },
    });
    expect(result).toMatchObject({ jobId: '4711', trials: 8, missing: 8, shards: 3, tasks: [0, 1, 2] });
    const { parameters, stdin } = slurm.call('sbatch') ?? {};
    expect(parameters).toEqual([
      ...['--parsable', '--job-name=eigenstudent my 5% run', '--array=0-2%2'],
      `--output=${folder}/my 5%% run/slurm/%A_%a.log`,
      ...['--open-mode=append', '--requeue', '--signal=B:USR1@60'],
      ...[
        '--partition=cpu',
        '--time=4:00:00',
        '--gres=gpu:1',
        '--cpus-per-task=4',
        '--mem=8G',
        '--account=me',
      ],
      ...['--qos=low', '--constraint=zen4', '--exclusive'],
    ]);
    expect(stdin).toBe(result.script);
    expect(stdin).toContain('\n#SBATCH --partition=cpu\n');
  });

  it('keeps job id, options, script and protocol under slurm/', async () => {
    const { script } = await submitSweep(protocol, { directory, slurm: { arrayTasks: 2 } });
    const files = await readdir(join(directory, 'slurm'));
    const copy = files.find((name) => name.startsWith('protocol-')) as string;
    expect(files.sort()).toEqual(['4711.json', '4711.sh', copy]);
    expect(await readFile(join(directory, 'slurm', '4711.sh'), 'utf8')).toBe(script);
    expect(script).toContain(` sweep '${join(directory, 'slurm', copy)}' --out '${directory}' --no-report `);
    const kept = parseProtocol(await readFile(join(directory, 'slurm', copy), 'utf8'), copy);
    expect(kept).toEqual(protocol);
    expect(await readSubmissions(directory)).toEqual([
      expect.objectContaining({ jobId: '4711', cluster: 'fake', shards: 2, tasks: [0, 1] }),
    ]);
    expect(existsSync(join(directory, 'protocol.yaml'))).toBe(true);
  });

  it('passes device, devices, threads and checkpoints to the tasks', async () => {
    const options = { directory, device: 'cuda', devices: [0, 1], threads: 3, checkpointEvery: 5 } as const;
    const { script } = await planSubmission(protocol, options);
    expect(script).toContain(
      ' --device cuda --devices 0,1 --checkpoint-every 5 \\\n  --shard "$shard" --threads 3 &',
    );
  });

  it('again submits only parts that lack trials, with the same partition', async () => {
    await submitSweep(protocol, { directory, slurm: { arrayTasks: 4 } });
    await finish([0, 2, 3], 4);
    slurm.answer('sbatch', { stdout: '4712;fake\n' });
    const again = await submitSweep(protocol, { directory, slurm: { arrayTasks: 4 } });
    expect(again).toMatchObject({ jobId: '4712', missing: 2, shards: 4, tasks: [1] });
    expect(slurm.call('sbatch')?.parameters).toContain('--array=1');
    expect((await readSubmissions(directory)).map(({ jobId }) => jobId)).toEqual(['4711', '4712']);
  });

  it('submits nothing where no trial is missing', async () => {
    await submitSweep(protocol, { directory });
    await finish([0], 1);
    slurm.answer('sbatch', { stderr: 'must not be called', status: 1 });
    const result = await submitSweep(protocol, { directory });
    expect(result).toMatchObject({ jobId: null, missing: 0, tasks: [], script: null });
  });

  it('does not pass on the restarts of a surrounding job', async () => {
    process.env.SLURM_RESTART_COUNT = '7';
    try {
      await submitSweep(protocol, { directory });
    } finally {
      delete process.env.SLURM_RESTART_COUNT;
    }
    expect(slurm.call('sbatch')?.environment).toBe('restarts none');
  });
});

describe('a plan', () => {
  it('writes nothing and submits nothing', async () => {
    const { script } = await planSubmission(protocol, { directory });
    expect(script).toMatch(/^#!\/bin\/bash\n#SBATCH --job-name=/);
    expect(slurm.call('sbatch')).toBeUndefined();
    expect(existsSync(directory)).toBe(false);
  });

  it('does not require Slurm', async () => {
    process.env.PATH = join(folder, 'empty');
    const { shards } = await planSubmission(protocol, { directory, slurm: { arrayTasks: 1001 } });
    expect(shards).toBe(1001);
  });

  it('equals the array that is then submitted', async () => {
    const planned = await planSubmission(protocol, { directory, slurm: { arrayTasks: 3 } });
    expect(await submitSweep(protocol, { directory, slurm: { arrayTasks: 3 } })).toEqual({
      ...planned,
      jobId: '4711',
    });
  });
});

describe('a submission that fails', () => {
  const attempt = (options: SlurmOptions = {}) =>
    rejectionOf(submitSweep(protocol, { directory, slurm: options }));

  it('without Slurm reports that, and writes nothing', async () => {
    process.env.PATH = join(folder, 'empty');
    expect(await attempt()).toBe(
      'slurm_missing: cannot run scontrol (spawn scontrol ENOENT): expected the commands of Slurm on PATH, as on a login ' +
        'node of a cluster. Without Slurm, any scheduler can run the parts of a sweep: eigenstudent sweep ... --shard 1/8',
    );
    expect(existsSync(directory)).toBe(false);
  });

  it('without a controller reports that, and writes nothing', async () => {
    const stderr = 'slurm_load_ctl_conf error: Unable to contact slurm controller (connect failure)\n';
    slurm.answer('scontrol', { stderr, status: 1 });
    expect(await attempt()).toBe(
      `slurm_unreachable: no Slurm controller answers scontrol:\n  ${stderr.trim()}`,
    );
    expect(existsSync(directory)).toBe(false);
  });

  it('has the message of sbatch, and leaves no record of a submission', async () => {
    slurm.answer('sbatch', {
      stderr:
        'sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed\n',
      status: 1,
    });
    expect(await attempt({ partition: 'nope' })).toBe(
      'slurm_refused: sbatch refused:\n  sbatch: error: invalid partition specified: nope\n' +
        '  sbatch: error: Batch job submission failed',
    );
    expect(await readSubmissions(directory)).toEqual([]);
  });

  it('without job arrays on the cluster reports that', async () => {
    slurm.answer('scontrol', { stdout: 'ClusterName = fake\nMaxArraySize = 0\n' });
    expect(await attempt()).toBe(
      'slurm_refused: expected ClusterName and a MaxArraySize above 0 from `scontrol show config`, received fake and 0: ' +
        'job arrays are switched off on this cluster',
    );
  });

  it.each<[SlurmOptions, string]>([
    [{ cpus: 0 }, 'expected a positive integer for cpus of slurm, received 0'],
    [{ throttle: 1.5 }, 'expected a positive integer for throttle of slurm, received 1.5'],
    [{ partition: 'a\nb' }, 'expected a text of one line for partition of slurm, received "a\\nb"'],
    [
      { time: '2' },
      'expected at least 5 minutes for time of slurm, received "2". A task is warned up to two minutes before its time ' +
        'limit and then goes back to the queue',
    ],
    [{ time: '' }, 'expected a text of one line for time of slurm, received ""'],
    [
      { arrayTasks: 1002 },
      'expected at most 1001 for arrayTasks of slurm, received 1002: this cluster takes no larger job array (MaxArraySize of ' +
        '`scontrol show config`). A task trains any number of trials, one after the other',
    ],
    [
      { sbatchOptions: { '--constraint': 'x' } },
      'expected its long name without dashes, as in constraint for an option of sbatch, received "--constraint"',
    ],
    [{ sbatchOptions: { mem: '8G' } }, '"mem" is not for sbatchOptions: use --memory'],
    [
      { sbatchOptions: { requeue: true } },
      '"requeue" is not for sbatchOptions: the sweep sets requeue, no-requeue, signal, output, open-mode, wrap, parsable, ' +
        'wait, test-only itself, to be requeued and gone on with',
    ],
    [
      { sbatchOptions: { comment: 'a\nb' } },
      'expected a text of one line for comment of sbatchOptions, received "a\\nb"',
    ],
  ])('refuses %j', async (options, message) => {
    expect(await attempt(options)).toBe(`invalid_argument: ${message}`);
    expect(existsSync(directory)).toBe(false);
  });

  it.each(['4', '4:59', '0:04:59', '0-0:4'])('refuses the time limit %s, under 5 minutes', async (time) => {
    expect(await attempt({ time })).toMatch(
      /^invalid_argument: expected at least 5 minutes for time of slurm/,
    );
  });

  it.each(['0', '5', '5:00', '0:05:00', '1-0', '0-0:5', '1-2:03:04', 'UNLIMITED'])(
    'accepts the time limit %s',
    async (time) => {
      const { script } = await planSubmission(protocol, { directory, slurm: { time } });
      expect(script).toContain(`\n#SBATCH --time=${time}\n`);
    },
  );

  it('refuses a directory that Slurm cannot use for logs', async () => {
    const options = { directory: join(folder, 'a\\b') };
    expect(await rejectionOf(submitSweep(protocol, options))).toMatch(
      /^invalid_argument: expected no backslash or line feed for the run directory of a job array, received /,
    );
  });

  it('parses a job id', () => {
    expect([jobIdOf('12\n'), jobIdOf('12;cluster\n')]).toEqual(['12', '12']);
    expect(failureOf(() => jobIdOf('Submitted batch job\n'))).toBe(
      'slurm_refused: expected a job id from sbatch --parsable, received "Submitted batch job"',
    );
  });
});
