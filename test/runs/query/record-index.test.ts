import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StudentTrial } from '../../../src/experiments/teacher-student/protocol/trial.js';
import { exportRecords, queryRecords } from '../../../src/runs/query/query.js';
import { openRunDirectory } from '../../../src/runs/run-directory.js';
import { madeUpTrial, smallProtocol } from '../../sweep/small-protocol.js';
import { writeStudent } from '../../sweep/student-records.js';
import { expand } from '../../sweep/student-trials.js';

const protocol = smallProtocol();
const trials = expand(protocol);
const [first, second, third] = trials as [StudentTrial, StudentTrial, StudentTrial, ...StudentTrial[]];
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-index-test-'));
  await openRunDirectory(directory, protocol);
  await write(first);
  await write(second);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(trial: StudentTrial): Promise<void> {
  const { record, arrays } = madeUpTrial(trial);
  await writeStudent(directory, record, arrays);
}

const rowsOf = async (sql: string) => (await queryRecords(directory, sql)).rows;
const indexPath = () => join(directory, 'index.parquet');
const recordPath = ({ key }: StudentTrial) => join(directory, 'trials', key, 'record.json');

describe('index.parquet', () => {
  it('is written by the first query, and read by the next', async () => {
    const before = await rowsOf('from trials');
    const written = await stat(indexPath());
    expect(await rowsOf('from trials')).toEqual(before);
    expect((await stat(indexPath())).mtimeMs).toBe(written.mtimeMs);
    expect((await readdir(directory)).sort()).toEqual(['index.parquet', 'protocol.yaml', 'trials']);
  });

  it('supplies the records, so that no record is read twice', async () => {
    const then = new Date('2026-01-01T00:00:00Z'); // utimes takes no more than milliseconds
    await utimes(recordPath(first), then, then);
    const before = await rowsOf('from trials');
    await writeFile(recordPath(first), ' '.repeat((await stat(recordPath(first))).size));
    await utimes(recordPath(first), then, then);
    expect(await rowsOf('from trials')).toEqual(before);
  });

  it('is updated with new, changed and removed records', async () => {
    await rowsOf('from trials');
    await write(third);
    const { record, arrays } = madeUpTrial(second);
    await rm(join(directory, 'trials', first.key), { recursive: true });
    await writeStudent(directory, { ...record, seconds: 1234.5 }, arrays);
    const expected = [
      { key: second.key, seconds: 1234.5 },
      { key: third.key, seconds: 0.5 },
    ].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    for (let again = 0; again < 2; ++again)
      expect(await rowsOf('select key, seconds from trials order by key')).toEqual(expected);
  });

  it.each([
    ['deleted', () => rm(indexPath())],
    ['truncated', () => truncate(indexPath(), 500)],
    ['empty', () => truncate(indexPath(), 0)],
    ['something else', () => writeFile(indexPath(), 'no Parquet at all')],
    ['of another version', () => exportRecords(directory, indexPath(), 'select key from trials')],
  ])('is rebuilt where it is %s', async (_, damage) => {
    const before = await rowsOf('from trials');
    await damage();
    expect(await rowsOf('from trials')).toEqual(before);
    await rm(join(directory, 'trials', first.key), { recursive: true });
    expect(await rowsOf('from trials')).toHaveLength(1);
  });

  it('is not trusted with any byte of it flipped', async () => {
    const before = await rowsOf('from trials');
    const bytes = await readFile(indexPath());
    for (let at = 5; at < bytes.length; at += Math.ceil(bytes.length / 24)) {
      const broken = Buffer.from(bytes);
      broken[at] = (broken[at] as number) ^ 4;
      await writeFile(indexPath(), broken);
      expect(await rowsOf('from trials'), `byte ${at}`).toEqual(before);
    }
  });

  it('is not needed where it cannot be written', async (context) => {
    await chmod(directory, 0o555);
    const root = process.getuid?.() === 0; // whom no mode stops
    if (root && !readOnly(directory)) context.skip('root may write everywhere, and may not mount here');
    try {
      for (let again = 0; again < 2; ++again) {
        const { rows, notIndexed } = await queryRecords(directory, 'from trials');
        expect(rows).toHaveLength(2);
        expect(notIndexed).toMatch(/^cannot write .*index\.parquet: E(ROFS|ACCES)/);
      }
    } finally {
      if (root) execFileSync('umount', [directory]);
      await chmod(directory, 0o755);
    }
  });

  it('is consistent under many simultaneous queries', async () => {
    const sizes = await Promise.all(
      Array.from({ length: 6 }, async () => (await rowsOf('from trials')).length),
    );
    expect(sizes).toEqual([2, 2, 2, 2, 2, 2]);
    expect((await readdir(directory)).sort()).toEqual(['index.parquet', 'protocol.yaml', 'trials']);
  });

  it('lacks damaged records, which are reported', async () => {
    await truncate(recordPath(first), 100);
    for (let again = 0; again < 2; ++again) {
      const { rows, unreadable } = await queryRecords(directory, 'from trials');
      expect(rows.map(({ key }) => key)).toEqual([second.key]);
      expect(unreadable).toEqual([
        { key: first.key, reason: expect.stringMatching(/is not a readable record/) },
      ]);
    }
  });
});

/** Whether the folder could be made read-only even for root. */
function readOnly(path: string): boolean {
  try {
    execFileSync('mount', ['--bind', path, path], { stdio: 'pipe' });
    execFileSync('mount', ['-o', 'remount,ro,bind', path], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
