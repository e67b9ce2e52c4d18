/** The report of as many records as the paper has: in processor time, so that what else the machine does is no part of it. */

import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { preset } from '../../src/sweep.js';
import { syntheticRun } from '../report/synthetic-run.js';

const program = fileURLToPath(new URL('measured.mjs', import.meta.url));
let directory: string;

beforeAll(async () => {
  directory = await syntheticRun({ protocol: preset('paper') });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it('a report of the 720 records of the paper takes less than 15 s of a processor and 1 GiB', () => {
  const { status, stderr } = spawnSync(process.execPath, [program, 'report', directory, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  expect(status, stderr).toBe(0);
  const { processor, mebibytes } = JSON.parse(stderr.trimEnd().split('\n').at(-1) as string);
  console.log(`report of 720: ${processor.toFixed(1)} s of a processor, ${Math.round(mebibytes)} MiB`);
  expect(processor).toBeLessThan(15);
  expect(mebibytes).toBeLessThan(1024);
});
