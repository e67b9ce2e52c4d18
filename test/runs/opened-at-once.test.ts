import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EigenstudentError } from '../../src/errors.js';
import type { Protocol } from '../../src/experiments/teacher-student/protocol/schema.js';
import { openRunDirectory, readProtocol } from '../../src/runs/run-directory.js';
import { smallProtocol } from '../sweep/small-protocol.js';

const protocol = smallProtocol();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-opened-at-once-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a run directory that several processes open at once', () => {
  const rounds = Array.from({ length: 25 }, (_, i) => i);
  /** Nothing where it was accepted. */
  const openAll = (where: string, ...protocols: Protocol[]) =>
    Promise.all(
      protocols.map((each) =>
        openRunDirectory(where, each).then(
          () => undefined,
          (error: unknown) => (error as EigenstudentError).code,
        ),
      ),
    );

  it('accepts one of two conflicting protocols', async () => {
    const other = smallProtocol({ epochs: 7 });
    for (const round of rounds) {
      const where = join(folder, `new-${round}`);
      const answers = await openAll(where, protocol, other);
      expect([...answers].sort()).toEqual(['run_directory_conflict', undefined]);
      expect(await readProtocol(where)).toEqual(answers[0] === undefined ? protocol : other);
      expect((await readdir(where)).sort()).toEqual(['protocol.yaml', 'trials']);
    }
  });

  it('grows by one of two protocols that extend it in conflicting ways', async () => {
    const wider = smallProtocol({ student: { width: [4, 6, 8], secondWidth: 2 } });
    const longer = smallProtocol({ trials: 3 });
    for (const round of rounds) {
      const where = join(folder, `apart-${round}`);
      await openRunDirectory(where, protocol);
      const answers = await openAll(where, wider, longer);
      expect([...answers].sort()).toEqual(['run_directory_conflict', undefined]);
      expect(await readProtocol(where)).toEqual(answers[0] === undefined ? wider : longer);
    }
  });

  it('does not wait for a process that died while it opened it', async () => {
    const directory = join(folder, 'run');
    const lock = join(directory, 'locks', 'protocol');
    await mkdir(lock, { recursive: true });
    await writeFile(join(lock, '3'), 'dead');
    await openRunDirectory(directory, protocol);
    expect(await readProtocol(directory)).toEqual(protocol);
    expect((await readdir(directory)).sort()).toEqual(['protocol.yaml', 'trials']);
  });

  it('grows to the largest protocol, in any order', async () => {
    const sizes = [2, 5, 3, 4, 6].map((count) => smallProtocol({ trials: count }));
    for (const round of rounds) {
      const where = join(folder, `larger-${round}`);
      const answers = await openAll(where, ...sizes);
      expect(answers).toEqual(sizes.map(() => undefined));
      expect((await readProtocol(where)).trials).toBe(6);
      expect((await readdir(where)).sort()).toEqual(['protocol.yaml', 'trials']);
    }
  });
});
