/** As test/sweep/run/survive.test.ts, at fifty moments. The seed stands in the name; another can be given. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { sweep } from '../../src/sweep.js';
import {
  expectNothingElse,
  killAgainAndAgain,
  killableProtocol,
  outcomes,
  pseudoRandom,
  recordTimes,
  startSweep,
  wait,
} from '../sweep/sweep-processes.js';

const seed = Number(process.env.EIGENSTUDENT_SEED ?? 7);
const kills = 50;

it(`a sweep that is killed at ${kills} moments (seed ${seed}) ends with the bits of an undisturbed one`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'eigenstudent-survival-'));
  const protocol = killableProtocol(8000);
  const [killed, undisturbed] = [join(folder, 'killed'), join(folder, 'undisturbed')];
  const { seconds } = await sweep(protocol, { directory: undisturbed, threads: 1 });
  const expected = await outcomes(undisturbed);
  for (const directory of await killAgainAndAgain(killed, protocol, { kills, seed, seconds })) {
    expect(await outcomes(directory)).toEqual(expected);
    await expectNothingElse(directory, 8);
  }
  await rm(folder, { recursive: true });
});

it(`three processes of which two are killed, at moments by seed ${seed}, train nothing twice`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'eigenstudent-survival-'));
  const protocol = killableProtocol(600);
  const file = join(folder, 'protocol.yaml');
  await writeFile(file, formatProtocol(protocol));
  const { seconds } = await sweep(protocol, { directory: join(folder, 'undisturbed'), threads: 1 });
  const undisturbed = await outcomes(join(folder, 'undisturbed'));
  for (let round = 0; round < 10; ++round) {
    const directory = join(folder, `round ${round}`);
    const [heir, ...doomed] = [1, 2, 3].map(() => startSweep(file, directory, '--threads', '1'));
    for (const [i, { child, ended }] of doomed.entries()) {
      await wait((300 + 500 * seconds) * pseudoRandom(seed + 1, 2 * round + i));
      child.kill('SIGKILL');
      await ended;
    }
    const times = await recordTimes(directory);
    const result = await heir?.ended;
    expect(`${result?.status} ${result?.stderr}`).toMatch(/^0 /);
    expect(await recordTimes(directory)).toMatchObject(times);
    expect(await outcomes(directory)).toEqual(undisturbed);
    await expectNothingElse(directory, 8);
  }
  await rm(folder, { recursive: true });
});
