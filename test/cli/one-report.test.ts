/** Processes that end a sweep together: one of them draws the report. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { reportLock } from '../../src/runs/owners.js';
import { TrialLocks } from '../../src/runs/trial-locks.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { call } from './captured-terminal.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-one-report-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a process that finds another one drawing the report prints that, and succeeds', async () => {
  const protocol = join(folder, 'protocol.yaml');
  const directory = join(folder, 'run');
  await writeFile(protocol, formatProtocol(smallProtocol({ trials: 1 })));
  await call('sweep', protocol, '--out', directory, '--no-report');
  await TrialLocks.within(directory, async (locks) => {
    expect(await locks.claim(reportLock)).toBe(true);
    const { exitCode, stderr } = await call('sweep', protocol, '--out', directory);
    expect(stderr).toContain('another process draws the report');
    expect(exitCode).toBe(0);
  });
  expect(await readdir(directory)).not.toContain('report.html');
  expect((await call('sweep', protocol, '--out', directory)).stderr).toContain('drawing the report');
  expect(await readdir(directory)).toContain('report.html');
});
