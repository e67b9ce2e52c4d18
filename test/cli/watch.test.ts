import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './captured-terminal.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let folder: string;
beforeAll(async () => {
  if (!existsSync(main)) throw new Error(`${main} is not there; run \`npm run build\` first`);
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-watch-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts the command, and gives what it says until it has said a whole answer. */
async function start(...argv: string[]) {
  const child = spawn(process.execPath, [main, 'watch', ...argv]);
  let stderr = '';
  child.stderr.on('data', (piece) => {
    stderr += piece;
  });
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const stdout = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (piece) => {
      text += piece;
      if (text.endsWith('}\n') || text.endsWith('ends it\n')) resolve(text);
    });
    child.on('exit', () => reject(new Error(`ended early: ${stderr}`)));
  });
  return { child, exit, stdout, stderr: () => stderr };
}

describe('watch', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'prints the address of its page, and ends regularly on %s',
    async (signal) => {
      const directory = join(folder, 'not there yet');
      const { child, exit, stdout } = await start(directory, '--port', '0');
      const [, url] = /^(http:\/\/127\.0\.0\.1:\d+\/)\nfollows (.*); Ctrl-C ends it\n$/.exec(stdout) ?? [];
      expect(stdout).toContain(`follows ${directory};`);
      const page = await fetch(url as string);
      expect(page.status).toBe(200);
      const events = await fetch(`${url}events`); // a page that listens does not keep it from ending
      expect(events.headers.get('content-type')).toBe('text/event-stream');
      child.kill(signal);
      expect(await exit).toBe(0);
    },
  );

  it('warns where other machines can reach it', async () => {
    const { child, exit, stdout, stderr } = await start(folder, '--port', '0', '--host', '0.0.0.0', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ host: '0.0.0.0', directory: folder });
    expect(stderr()).toBe(
      'warning: whoever can reach 0.0.0.0 can read this page, without a password. Nothing on it changes the sweep\n',
    );
    child.kill();
    expect(await exit).toBe(0);
  });

  it('prints advice when its port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;
    const { exitCode, stderr } = await call('watch', folder, '--port', String(port));
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      `error: port ${port} of 127.0.0.1 is in use, perhaps by another \`eigenstudent watch\`. Take another with --port N, ` +
        'or any free one with --port 0\n',
    );
    other.close();
  });

  it.each([
    [['--port', '70000'], 'a whole number from 0 (any free port) to 65535 for --port, received 70000'],
    [['--port', '1.5'], 'a whole number from 0 (any free port) to 65535 for --port, received 1.5'],
    [['--port', 'http'], 'a number for --port, received "http"'],
    [['--host', ''], 'an address of this machine for --host, received ""'],
  ])('refuses %j', async (options, message) => {
    const { exitCode, stderr } = await call('watch', folder, ...options);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(`error: expected ${message}\n`);
  });

  it('refuses a file', async () => {
    const file = join(folder, 'protocol.yaml');
    await writeFile(file, '');
    const { exitCode, stderr } = await call('watch', file);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      `error: expected a run directory, there already or to come for <directory>, received "${file}". It is a file\n`,
    );
  });
});
