/** A protocol that changes under an existing run directory. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Protocol } from '../../src/experiments/teacher-student/protocol/schema.js';
import { sweep } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { smallProtocol } from './small-protocol.js';
import { outcomes, recordTimes } from './sweep-processes.js';

const arms = smallProtocol().arms;
const small = smallProtocol({
  arms: { direct: arms.direct },
  student: { width: [4], secondWidth: 2 },
  trials: 1,
});
const grown: readonly [what: string, protocol: Protocol, more: number][] = [
  [
    'widths',
    smallProtocol({ arms: { direct: arms.direct }, student: { width: [4, 6], secondWidth: 2 }, trials: 1 }),
    1,
  ],
  ['trials', smallProtocol({ arms: { direct: arms.direct }, student: { width: [4, 6], secondWidth: 2 } }), 2],
  ['an arm', smallProtocol({ student: { width: [4, 6], secondWidth: 2 } }), 4],
  ['seeds', smallProtocol({ student: { width: [4, 6], secondWidth: 2 }, seed: [5, 6] }), 8],
];
let folder: string;
let directory: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-growth-'));
  directory = join(folder, 'grown');
  await sweep(small, { directory, threads: 1 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each(grown)(
  'a sweep with more of %s trains the new trials alone, and leaves the others unchanged',
  async (_, protocol, more) => {
    const before = await recordTimes(directory);
    const { trained, reused, summary } = await sweep(protocol, { directory, threads: 1 });
    const had = Object.keys(before).length;
    expect({ trained, reused, finished: summary.trials.finished }).toEqual({
      ...{ trained: more, reused: had, finished: had + more },
    });
    expect(await recordTimes(directory)).toMatchObject(before);
  },
);

it('a sweep that grew step by step ends with the bits of one that was requested at once', async () => {
  const [, protocol] = grown.at(-1) as (typeof grown)[number];
  const atOnce = join(folder, 'at once');
  await sweep(protocol, { directory: atOnce, threads: 1 });
  expect(await outcomes(directory)).toEqual(await outcomes(atOnce));
});

it('a sweep with a conflicting protocol is refused with the difference, and changes nothing', async () => {
  const before = await recordTimes(directory);
  const text = await readFile(join(directory, 'protocol.yaml'), 'utf8');
  expect(await rejectionOf(sweep(smallProtocol({ epochs: 7 }), { directory }))).toMatch(
    /^run_directory_conflict: .* already holds another protocol:\n {2}seed is \[5,6\] there and 5 here\n {2}epochs is 6 there and 7 here\n|^run_directory_conflict: .*\n {2}epochs is 6 there and 7 here\n/,
  );
  expect(await recordTimes(directory)).toEqual(before);
  expect(await readFile(join(directory, 'protocol.yaml'), 'utf8')).toBe(text);
});
