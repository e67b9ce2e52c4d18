/**
 * One disturbance a seed. EIGENSTUDENT_FROM and EIGENSTUDENT_COUNT say which seeds; test/slow.md tells of the thousand from 0 on.
 * A seed that fails can be tried alone: EIGENSTUDENT_FROM=17 EIGENSTUDENT_COUNT=1.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { killableProtocol, outcomes, startSweep } from '../sweep/sweep-processes.js';
import { disturbanceOf } from './disturbance.js';
import { CannotStage, stage, type Undisturbed } from './scene.js';

const from = Number(process.env.EIGENSTUDENT_FROM ?? 0);
const count = Number(process.env.EIGENSTUDENT_COUNT ?? 20);
const seeds = Array.from({ length: count }, (_, i) => from + i);

let folder: string;
let undisturbed: Undisturbed;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-seeded-'));
  const file = join(folder, 'protocol.yaml');
  await writeFile(file, formatProtocol(killableProtocol(100)));
  const directory = join(folder, 'undisturbed');
  const start = performance.now();
  const { status, stderr } = await startSweep(file, directory, '--threads', '1').ended;
  const milliseconds = performance.now() - start;
  expect(`${status} ${stderr}`).toMatch(/^0 /);
  undisturbed = { file, trials: 8, outcomes: await outcomes(directory), milliseconds };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a disturbed sweep, after the same call again, ends with the bits of an undisturbed one', () => {
  for (const seed of seeds) {
    const disturbance = disturbanceOf(seed);
    it(`seed ${seed}: ${disturbance.kind}`, async (context) => {
      try {
        await stage(disturbance, undisturbed, join(folder, String(seed)));
      } catch (error) {
        if (error instanceof CannotStage) context.skip(error.message);
        throw error;
      }
    });
  }
});
