import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchScript, requeueOptions } from '../../src/slurm/script.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "eigenstudent it's a $HOME "));
  // a Slurm that only writes down that it was asked
  await writeFile(join(folder, 'scontrol'), '#!/bin/bash\necho "$@" >> "$(dirname "$0")/scontrol.log"\n');
  await chmod(join(folder, 'scontrol'), 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the batch script', () => {
  const script = batchScript({
    options: [['array', '0-7%2'], ['job-name', 'it\'s "mine" \\ 1'], ['exclusive', true], ...requeueOptions],
    command: ['/opt/node', '/shared/my run/main.js'],
    shards: 8,
  });

  it('begins with the options of sbatch', () => {
    expect(script.split('\n').slice(0, 8)).toEqual([
      '#!/bin/bash',
      '#SBATCH --array=0-7%2',
      '#SBATCH --job-name="it\'s \\"mine\\" \\\\ 1"',
      '#SBATCH --exclusive',
      '#SBATCH --open-mode=append',
      '#SBATCH --requeue',
      '#SBATCH --signal=B:USR1@60',
      '',
    ]);
  });

  it('passes the sweep its part, and as many threads as the task has CPUs', () => {
    expect(script).toContain(
      '/opt/node \'/shared/my run/main.js\' \\\n  --shard "$shard" --threads "$SLURM_CPUS_ON_NODE" &\n',
    );
    expect(script).toContain('shard="$((SLURM_ARRAY_TASK_ID + 1))/8"');
  });

  it('passes the given number of threads', () => {
    expect(batchScript({ options: [], command: ['x'], shards: 1, threads: 3 })).toContain('--threads 3 &');
  });

  it('is valid bash', () => {
    expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});

describe('a task', () => {
  it('passes its part to the sweep and ends with the exit status of the sweep', async () => {
    const task = await start('require("fs").writeFileSync(process.argv[2], process.argv.slice(3).join(" "))');
    expect(await task.end()).toBe(0);
    expect(await readFile(join(folder, 'ready'), 'utf8')).toBe('--shard 6/8 --threads 4');
    expect(await requeues()).toBe('');
  });

  it.each([1, 2, 130])('does not restart a sweep that exits with %d', async (status) => {
    const task = await start(`process.exit(${status})`);
    expect(await task.end()).toBe(status);
    expect(await requeues()).toBe('');
  });

  it('is requeued when its sweep is killed', async () => {
    const task = await start('process.kill(process.pid, "SIGKILL")', { SLURM_RESTART_COUNT: '2' });
    expect(await task.end()).toBe(75);
    expect(await requeues()).toBe('requeue 40_5\n');
    expect(task.output()).toContain(
      'task 40_5: the sweep was killed (exit status 137); it goes back to the queue',
    );
  });

  it('is not requeued when that has happened too often', async () => {
    const task = await start('process.kill(process.pid, "SIGKILL")', { SLURM_RESTART_COUNT: '3' });
    expect(await task.end()).toBe(137);
    expect(await requeues()).toBe('');
  });

  it('near its time limit lets the sweep write its checkpoint, once, and is requeued', async () => {
    const task = await start(interruptible, { SLURM_RESTART_COUNT: '3' });
    await task.ready();
    task.signal('SIGUSR1');
    expect(await task.end()).toBe(75);
    expect(task.output()).toContain('checkpoint written\n');
    expect(task.output()).toContain('task 40_5: its time is nearly over; it goes back to the queue');
    expect(await requeues()).toBe('requeue 40_5\n');
  });

  it('near its time limit for the hundredth time is not requeued', async () => {
    const task = await start(interruptible, { SLURM_RESTART_COUNT: '100' });
    await task.ready();
    task.signal('SIGUSR1');
    expect(await task.end()).toBe(130);
    expect(await requeues()).toBe('');
  });

  it('that is warned while the sweep ends by itself ends with the sweep', async () => {
    const task = await start(`process.on("SIGTERM", () => process.exit(0)); ${readyAndWait}`);
    await task.ready();
    task.signal('SIGUSR1');
    expect(await task.end()).toBe(0);
    expect(await requeues()).toBe('');
  });

  it('that is cancelled is not requeued, and signals the sweep only once', async () => {
    const task = await start(interruptible);
    await task.ready();
    // Slurm signals every process of the task
    task.signal('SIGTERM');
    task.signalSweep('SIGTERM');
    expect(await task.end()).toBe(130);
    expect(task.output()).toContain('checkpoint written\n');
    expect(await requeues()).toBe('');
  });
});

const readyAndWait =
  'require("fs").writeFileSync(process.argv[2], String(process.pid)); setInterval(() => {}, 1000)';
/** Takes a while to write its checkpoint; a second signal ends it at once, as of the real one. */
const interruptible = `let told = false;
  process.on("SIGTERM", () => {
    if (told) process.exit(99);
    told = true;
    setTimeout(() => { console.log("checkpoint written"); process.exit(130); }, 200);
  }); ${readyAndWait}`;

interface Task {
  /** Until the sweep can be signalled. */
  ready(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  signalSweep(name: NodeJS.Signals): void;
  end(): Promise<number | null>;
  output(): string;
}

/** Runs the script as Slurm would, with a program in place of the sweep. Its first argument is the file `ready`. */
async function start(program: string, variables: NodeJS.ProcessEnv = {}): Promise<Task> {
  const file = join(folder, 'a sweep.cjs');
  const readyFile = join(folder, 'ready');
  await writeFile(file, program);
  const script = batchScript({ options: [], command: [process.execPath, file, readyFile], shards: 8 });
  const { SLURM_RESTART_COUNT: _, ...rest } = process.env;
  const path = `${folder}:${process.env.PATH}`;
  const ofSlurm = { SLURM_ARRAY_JOB_ID: '40', SLURM_ARRAY_TASK_ID: '5', SLURM_CPUS_ON_NODE: '4' };
  const scriptFile = join(folder, 'script.sh');
  await writeFile(scriptFile, script);
  const child: ChildProcess = spawn('bash', [scriptFile], {
    env: { ...rest, PATH: path, ...ofSlurm, ...variables },
  });
  let output = '';
  child.stdout?.on('data', (text) => {
    output += text;
  });
  child.stderr?.on('data', (text) => {
    output += text;
  });
  const end = new Promise<number | null>((resolve) => child.on('close', resolve));
  let sweep = 0;
  return {
    async ready() {
      for (let i = 0; sweep === 0; ++i) {
        if (i === 1000) throw new Error(`the sweep did not begin within 20 s: ${output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (existsSync(readyFile)) sweep = Number(await readFile(readyFile, 'utf8'));
      }
    },
    signal: (name) => child.kill(name),
    signalSweep: (name) => process.kill(sweep, name),
    end: () => end,
    output: () => output,
  };
}

async function requeues(): Promise<string> {
  const log = join(folder, 'scontrol.log');
  return existsSync(log) ? readFile(log, 'utf8') : '';
}
