/** Files of finished trials that are cut off or of which a bit has flipped: detected, named, and trained again. */

import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRecord } from '../../src/runs/record.js';
import { sha256 } from '../../src/runs/sha256.js';
import { checkArrays } from '../../src/runs/trial-arrays.js';
import { sweep } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { smallProtocol } from './small-protocol.js';
import { outcomes, pseudoRandom, recordTimes } from './sweep-processes.js';

const protocol = smallProtocol({ epochs: 2, trials: 1 });
let directory: string;
let undisturbed: Record<string, unknown>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-damage-'));
  await sweep(protocol, { directory, threads: 1 });
  undisturbed = await outcomes(directory);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const path = (key: string, file: string) => join(directory, 'trials', key, file);

async function flip(file: string, place: number, bit: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[place] = (bytes[place] as number) ^ (1 << bit);
  await writeFile(file, bytes);
}

function isSame(flipped: Buffer, whole: Buffer): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(flipped.toString()), JSON.parse(whole.toString()));
  } catch {
    return false;
  }
}

/** A place in a file, the same for the same seed. */
async function placeIn(file: string, seed: number): Promise<number> {
  return Math.floor(pseudoRandom(seed, 0) * (await readFile(file)).length);
}

it.each([
  ['a truncated record', 'record.json', (file: string) => truncate(file, 700)],
  ['an empty record', 'record.json', (file: string) => truncate(file, 0)],
  ['a bit in a record', 'record.json', async (file: string) => flip(file, await placeIn(file, 3), 2)],
  ['truncated arrays', 'arrays.safetensors', (file: string) => truncate(file, 700)],
  ['empty arrays', 'arrays.safetensors', (file: string) => truncate(file, 0)],
  [
    'a bit in the arrays',
    'arrays.safetensors',
    async (file: string) => flip(file, await placeIn(file, 4), 5),
  ],
])(
  '%s: the sweep names the trial and its file, and trains it alone again, to the same bits',
  async (_, file, spoil) => {
    const [key, ...others] = Object.keys(undisturbed) as [string, ...string[]];
    const before = await recordTimes(directory);
    await spoil(path(key, file));
    const { trained, reused, damaged } = await sweep(protocol, { directory, threads: 1 });
    expect({ trained, reused }).toEqual({ trained: 1, reused: 3 });
    expect(damaged).toEqual([{ key, reason: expect.stringContaining(path(key, file)) }]);
    expect(await outcomes(directory)).toEqual(undisturbed);
    const after = await recordTimes(directory);
    for (const other of others) expect(after[other]).toBe(before[other]);
  },
);

it('a flipped bit anywhere in a record is detected, unless the record means the same', async () => {
  const key = Object.keys(undisturbed)[1] as string;
  const file = path(key, 'record.json');
  const whole = await readFile(file);
  for (let place = 0; place < whole.length; ++place) {
    const flipped = Buffer.from(whole);
    flipped[place] = (flipped[place] as number) ^ (1 << (place % 8));
    await writeFile(file, flipped);
    // 1E-7 for 1e-7
    if (isSame(flipped, whole)) continue;
    expect(await rejectionOf(readRecord(directory, key)), `byte ${place}`).toMatch(
      /^file_corrupt: .*record\.json/,
    );
  }
  await writeFile(file, whole);
  await readRecord(directory, key);
}, 60_000);

it('a flipped bit anywhere in the arrays is detected', async () => {
  const key = Object.keys(undisturbed)[1] as string;
  const record = await readRecord(directory, key);
  const file = path(key, 'arrays.safetensors');
  const whole = await readFile(file);
  for (let place = 0; place < whole.length; place += 7) {
    const flipped = Buffer.from(whole);
    flipped[place] = (flipped[place] as number) ^ (1 << (place % 8));
    await writeFile(file, flipped);
    expect(await rejectionOf(checkArrays(directory, record)), `byte ${place}`).toMatch(
      /^file_corrupt: .*has changed/,
    );
  }
  await writeFile(file, whole);
  await checkArrays(directory, record);
}, 60_000);

it('a record that another version wrote is refused, and unchanged', async () => {
  const key = Object.keys(undisturbed)[0] as string;
  const file = path(key, 'record.json');
  const whole = await readFile(file, 'utf8');
  const { recordSha256: _, ...record } = { ...JSON.parse(whole), schema: 3, kept: [1, 2] };
  const newer = JSON.stringify({ ...record, recordSha256: sha256(JSON.stringify(record)) });
  await writeFile(file, newer);
  expect(await rejectionOf(sweep(protocol, { directory, threads: 1 }))).toMatch(
    /^file_unsupported: .*record\.json is not a readable record: it has schema 3, and this version .* reads schemas 1 and 2\. Read it/,
  );
  expect(await readFile(file, 'utf8')).toBe(newer);
  await writeFile(file, whole);
});
