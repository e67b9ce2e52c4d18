/** As test/sweep/run/survive.test.ts, at fifty moments. The seed stands in the name; another can be given. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sweep } from '../../src/sweep/run/sweep.js';
import {
  expectNothingElse,
  killAgainAndAgain,
  killableProtocol,
  outcomes,
} from '../sweep/sweep-processes.js';

const seed = Number(process.env.EIGENSTUDENT_SEED ?? 7);
const kills = 50;

it(`a sweep that is killed at ${kills} moments (seed ${seed}) ends with the bits of one that was not`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'eigenstudent-survival-'));
  const protocol = killableProtocol(8000);
  const [killed, undisturbed] = [join(folder, 'killed'), join(folder, 'undisturbed')];
  await sweep(protocol, { directory: undisturbed });
  // those that come after the end find nothing to kill
  expect(await killAgainAndAgain(killed, protocol, { kills, seed })).toBeGreaterThan(kills / 2);
  expect(await outcomes(killed)).toEqual(await outcomes(undisturbed));
  await expectNothingElse(killed, 8);
  await rm(folder, { recursive: true });
});
