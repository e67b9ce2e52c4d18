/** Signals that come in company, terminals that are closed, and disks that fill up with what the command writes. */
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { killableProtocol, startSweep, wait } from '../sweep/sweep-processes.js';
import { checkpoints, until, untilCheckpoint } from './until.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let folder: string;
/** Protocols: of a sweep without end, and of one of a second. */
let endless: string;
let short: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-signals-'));
  endless = join(folder, 'endless.yaml');
  short = join(folder, 'short.yaml');
  await writeFile(endless, formatProtocol(killableProtocol(1_000_000)));
  await writeFile(short, formatProtocol(killableProtocol(600)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function expectKept(out: string, before: readonly string[]): Promise<void> {
  expect(await checkpoints(out)).toEqual(expect.arrayContaining([...before]));
  const names = await readdir(out, { recursive: true });
  expect(names.filter((name) => name.startsWith('locks') || name.endsWith('.tmp'))).toEqual([]);
  expect(names).toContain('summary.json');
}

describe('simultaneous signals', () => {
  it.each([
    ['SIGINT twice', ['SIGINT', 'SIGINT'], 20, 130],
    ['SIGINT and SIGTERM', ['SIGINT', 'SIGTERM'], 20, 130],
    ['SIGHUP and SIGTERM at once', ['SIGHUP', 'SIGTERM'], 0, 129],
    ['SIGHUP and SIGTERM', ['SIGHUP', 'SIGTERM'], 20, 129],
    ['SIGTERM and SIGHUP', ['SIGTERM', 'SIGHUP'], 20, 130],
    ['SIGINT ten times', Array(10).fill('SIGINT'), 20, 130],
  ] as const)(
    '%s are one request: the checkpoint is written, and the first determines the status',
    async (name, signals, pause, code) => {
      const out = join(folder, name);
      const { child, ended } = startSweep(endless, out, '--threads', '1');
      const before = await untilCheckpoint(out);
      for (const signal of signals) {
        child.kill(signal);
        if (pause > 0) await wait(pause);
      }
      const { status, stdout, stderr } = await ended;
      expect({ status, lines: stderr.split('\n').length }).toEqual({ status: code, lines: 2 });
      expect(JSON.parse(stdout).error.code).toBe('interrupted');
      await expectKept(out, before);
    },
    60_000,
  );

  it('to a process and to its group, as from npm run and timeout, are one request', async () => {
    const out = join(folder, 'group');
    const argv = ['sweep', endless, '--out', out, '--no-report', '--checkpoint-every', '0.05'];
    const child = spawn(process.execPath, [main, ...argv], { detached: true, stdio: 'ignore' });
    const status = new Promise((resolve) => child.on('close', resolve));
    const before = await untilCheckpoint(out);
    child.kill('SIGINT');
    process.kill(-(child.pid as number), 'SIGINT');
    expect(await status).toBe(130);
    await expectKept(out, before);
  }, 60_000);

  it.each([
    ['SIGTERM', 130],
    ['SIGHUP', 129],
  ] as const)(
    '%s is handled; a further signal, over a second later, ends work that does not end',
    async (first, code) => {
      const module = pathToFileURL(join(main, '..')).href;
      const program = `
      const { interruptible } = await import('${module}/interruptible.js');
      const { Session } = await import('${module}/session.js');
      setInterval(() => {}, 1000);
      console.log('ready');
      await interruptible(new Session(process, false, ''), {}, () => new Promise(() => {}));`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
      const text = read(child.stdout);
      const answer = read(child.stderr);
      const status = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
      await until('the program', async () => (text().includes('ready') ? true : undefined));
      await wait(100);
      child.kill(first);
      await until('the answer', async () => (answer().includes(first) ? true : undefined));
      child.kill('SIGINT');
      await wait(300);
      expect(child.exitCode).toBeNull();
      await wait(1000);
      child.kill('SIGTERM');
      expect(await status).toBe(code);
    },
    60_000,
  );
});

describe('a terminal that is closed', () => {
  const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
  /** Holds the only end of a terminal, closes it once standard input is, and tells how the program on it has ended. */
  const holder = `
import os, pty, select, sys
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
while True:
    ready, _, _ = select.select([terminal, 0], [], [])
    if 0 in ready: break
    try: os.read(terminal, 4096)
    except OSError: break
os.close(terminal)
_, status = os.waitpid(pid, 0)
print(os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status))`;

  async function onTerminal(protocol: string, out: string, ...options: string[]) {
    const argv = ['sweep', protocol, '--out', out, '--no-report', '--checkpoint-every', '0.05', ...options];
    const child = spawn('python3', ['-c', holder, process.execPath, main, ...argv]);
    const status = read(child.stdout);
    const ended = new Promise((resolve) => child.on('close', () => resolve(status().trim())));
    const before = await untilCheckpoint(out);
    return { before, close: () => child.stdin.end(), ended };
  }

  it('leaves checkpoints, no lock, and status 129, though nothing can be written to it', async (context) => {
    if (!hasPython) context.skip('needs Python, which has pseudoterminals');
    const out = join(folder, 'closed');
    const { before, close, ended } = await onTerminal(endless, out);
    close();
    expect(await ended).toBe('129');
    await expectKept(out, before);
  }, 60_000);

  it('has no effect with --ignore-hangup: the sweep ends with 0', async (context) => {
    if (!hasPython) context.skip('needs Python, which has pseudoterminals');
    const out = join(folder, 'closed and ignored');
    const { close, ended } = await onTerminal(short, out, '--ignore-hangup');
    close();
    expect(await ended).toBe('0');
    expect(JSON.parse(await readFile(join(out, 'summary.json'), 'utf8')).trials.finished).toBe(8);
  }, 60_000);
});

describe('output on a disk that is full', () => {
  const full = existsSync('/dev/full');
  const run = (stdio: SpawnOptions['stdio'], name: string, ...options: string[]) =>
    spawnSync(
      process.execPath,
      [main, 'sweep', small(), '--out', join(folder, name), '--no-report', ...options],
      {
        stdio,
        encoding: 'utf8',
      },
    );
  const small = () => join(folder, 'small.yaml');
  beforeAll(() => writeFile(small(), formatProtocol(smallProtocol())));

  it('loses notes, and no work', async (context) => {
    if (!full) context.skip('needs /dev/full');
    const { status, stdout } = run(['ignore', 'pipe', openSync('/dev/full', 'w')], 'notes', '--profile');
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringContaining('8 of 8 trials finished'),
    });
  }, 60_000);

  it('loses the result, and reports it, with status 1', async (context) => {
    if (!full) context.skip('needs /dev/full');
    const { status, stderr } = run(['ignore', openSync('/dev/full', 'w'), 'pipe'], 'answer', '--json');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^error: cannot write the answer to standard output: ENOSPC/),
    });
    expect(JSON.parse(await readFile(join(folder, 'answer', 'summary.json'), 'utf8')).trials.finished).toBe(
      8,
    );
  }, 60_000);
});

/** What a stream has given so far. */
function read(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (more) => {
    text += more;
  });
  return () => text;
}
