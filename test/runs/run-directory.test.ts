import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import { readArrays } from '../../src/experiments/teacher-student/record/arrays.js';
import { Network } from '../../src/network/network.js';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { openRunDirectory, survey } from '../../src/runs/run-directory.js';
import { type FinishedRecord, readRecords, runStatus } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { mount } from '../sweep/mount.js';
import { madeUpTrial, smallProtocol } from '../sweep/small-protocol.js';
import { writeStudent } from '../sweep/student-records.js';
import { expand, readProtocol } from '../sweep/student-trials.js';

const protocol = smallProtocol();
const trials = expand(protocol);
const [first, second] = trials as [StudentTrial, StudentTrial, ...StudentTrial[]];
let folder: string;
let directory: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-run-directory-'));
  directory = join(folder, 'runs', 'small');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(trial: StudentTrial) {
  const { record, arrays } = madeUpTrial(trial);
  return writeStudent(directory, record, arrays);
}

describe('a run directory', () => {
  it('is created for a protocol, and reopened by the same protocol', async () => {
    await openRunDirectory(directory, protocol);
    expect(await readFile(join(directory, 'protocol.yaml'), 'utf8')).toBe(formatProtocol(protocol));
    await openRunDirectory(directory, protocol);
    expect(await readProtocol(directory)).toEqual(protocol);
  });

  it('treats a width and a list of one width as equal', async () => {
    await openRunDirectory(directory, smallProtocol({ student: { width: 4 } }));
    await openRunDirectory(directory, smallProtocol({ student: { width: [4] } }));
  });

  it.each([
    ['widths', { student: { width: [4, 6, 8], secondWidth: 2 } }],
    ['trials', { trials: 3 }],
    ['both', { student: { width: [4, 6, 8], secondWidth: 2 }, trials: 3 }],
  ])('grows with a protocol that requests more: %s', async (_, changes) => {
    await openRunDirectory(directory, protocol);
    const larger = smallProtocol(changes);
    await openRunDirectory(directory, larger);
    expect(await readProtocol(directory)).toEqual(larger);
    await openRunDirectory(directory, protocol); // a part of it now
    expect(await readProtocol(directory)).toEqual(larger);
  });

  it('grows by an arm, and keeps its arms where one is left out', async () => {
    const one = smallProtocol({ arms: { direct: protocol.arms.direct } });
    await openRunDirectory(directory, one);
    await openRunDirectory(directory, protocol);
    expect(await readProtocol(directory)).toEqual(protocol);
    await openRunDirectory(directory, one);
    expect(await readProtocol(directory)).toEqual(protocol);
  });

  it.each([
    [{ epochs: 7 }, ' epochs is 6 there and 7 here. '],
    [{ student: { width: [4, 8], secondWidth: 2 } }, ' student.width is [4,6] there and [4,8] here. '],
    [{ seed: { count: 2, from: 7 } }, ' seed is 5 there and {"count":2,"from":7} here. '],
    [
      {
        teacher: { inputs: 3, teacherSize: 2, secondWidth: 2, seed: 9 },
        arms: { direct: smallProtocol().arms.direct },
        trials: 3,
      },
      '\n  teacher.seed is 0 there and 9 here\n  arms.spectral is present there and absent here\n' +
        '  trials is 2 there and 3 here\n',
    ],
  ])('refuses a conflicting protocol, with all fields that differ: %j', async (changes, difference) => {
    await openRunDirectory(directory, protocol);
    expect(await rejectionOf(openRunDirectory(directory, smallProtocol(changes)))).toBe(
      `run_directory_conflict: ${directory} already holds another protocol:${difference}Each has trials that the other ` +
        `lacks. Choose another directory, or run the protocol it holds (${join(directory, 'protocol.yaml')})`,
    );
    expect(await readProtocol(directory)).toEqual(protocol);
  });

  it('with an invalid edited protocol is refused with the path', async () => {
    await openRunDirectory(directory, protocol);
    await writeFile(
      join(directory, 'protocol.yaml'),
      formatProtocol(protocol).replace('epochs: 6', 'epochs: six'),
    );
    expect(await rejectionOf(openRunDirectory(directory, protocol))).toMatch(
      /^invalid_protocol: invalid protocol .*protocol\.yaml: line \d+: epochs: expected a positive integer, received "six"$/,
    );
  });

  it('cannot be created in place of a file', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    expect(await rejectionOf(openRunDirectory(join(file, 'run'), protocol))).toMatch(
      /^file_unwritable: cannot make the folder .*file\/run\/trials: ENOTDIR: not a directory/,
    );
  });

  it('cannot be created where nothing may be written', async (context) => {
    const readOnly = join(folder, 'read-only');
    await mkdir(readOnly, { mode: 0o555 });
    const root = process.getuid?.() === 0; // whom no mode stops
    if (root && !mount(readOnly, 'ro')) context.skip('root may write everywhere, and may not mount here');
    try {
      expect(await rejectionOf(openRunDirectory(join(readOnly, 'run'), protocol))).toMatch(
        /^file_unwritable: cannot make the folder .*read-only\/run\/trials: (EROFS|EACCES)/,
      );
    } finally {
      if (root) execFileSync('umount', [readOnly]);
    }
  });

  it('cannot be created in a file system without folders', async () => {
    expect(await rejectionOf(openRunDirectory('/proc/run', protocol))).toMatch(
      /^file_unwritable: cannot make the folder \/proc\/run\/trials: ENOENT/,
    );
  });

  it('without trials/ is valid, and no trial in it has ended', async () => {
    await openRunDirectory(directory, protocol);
    await rm(join(directory, 'trials'), { recursive: true });
    expect(await readRecords(directory)).toEqual([]);
    expect(await survey(directory, trials)).toEqual({ found: new Map(), damaged: [] });
    expect(await runStatus(directory)).toMatchObject({ trials: { total: 8, finished: 0, unfinished: 8 } });
  });

  it('that does not exist has no ended trial', async () => {
    expect(await survey(join(folder, 'nowhere'), trials)).toEqual({ found: new Map(), damaged: [] });
  });

  it('without a protocol is refused', async () => {
    expect(await rejectionOf(readProtocol(folder))).toBe(
      `file_unreadable: ${folder} is not a run directory: it has no protocol.yaml. ` +
        '`eigenstudent sweep protocol.yaml --out DIR` makes one',
    );
    expect(await rejectionOf(readRecords(folder))).toMatch(
      /^file_unreadable: .* is not a run directory: ENOENT/,
    );
  });
});

describe('a trial', () => {
  beforeEach(() => openRunDirectory(directory, protocol));

  it('is read back as it was written', async () => {
    const { record, arrays } = madeUpTrial(first);
    const written = await writeStudent(directory, record, arrays);
    expect(written).toMatchObject(record);
    const [read] = await readRecords(directory);
    expect(read).toEqual(written);
    const back = await readArrays(directory, read as FinishedRecord);
    expect(back.relevance).toEqual(arrays.relevance);
    expect(back.pruningLosses).toEqual(arrays.pruningLosses);
    expect(back.lossHistory).toEqual(arrays.lossHistory);
    expect(back.network.parameters).toEqual(arrays.network.parameters);
  });

  it('has arrays that Network.load reads', async () => {
    await write(first);
    const network = await Network.load(join(directory, 'trials', first.key, 'arrays.safetensors'));
    expect(network.parameters).toEqual(madeUpTrial(first).arrays.network.parameters);
  });

  it('consists of two files alone', async () => {
    const folderOfFirst = join(directory, 'trials', first.key);
    await mkdir(folderOfFirst);
    for (const name of ['checkpoint.safetensors', 'record.json.1-2.tmp'])
      await writeFile(join(folderOfFirst, name), '');
    await write(first);
    const files = await readdir(join(directory, 'trials', first.key));
    expect(files.sort()).toEqual(['arrays.safetensors', 'record.json']);
  });

  it('with a record without arrays is damaged', async () => {
    await write(first);
    const path = join(directory, 'trials', first.key, 'arrays.safetensors');
    await rm(path);
    const [record] = await readRecords(directory);
    expect(await rejectionOf(readArrays(directory, record as FinishedRecord))).toBe(
      `file_corrupt: ${path} is missing: its record expects it, with SHA-256 ${record?.arraysSha256}`,
    );
  });

  it('with a checkpoint alone is neither ended nor damaged', async () => {
    const folderOfFirst = join(directory, 'trials', first.key);
    await mkdir(folderOfFirst);
    for (const name of ['checkpoint.safetensors', 'arrays.safetensors.1-2.tmp'])
      await writeFile(join(folderOfFirst, name), '');
    expect(await survey(directory, trials)).toEqual({ found: new Map(), damaged: [] });
  });

  it('is found by a survey if it was written', async () => {
    await write(second);
    const { found: records, damaged } = await survey(directory, trials);
    expect([...records.keys()]).toEqual([second.key]);
    expect(damaged).toEqual([]);
  });

  it.each([
    [
      'a record without its arrays',
      'arrays.safetensors',
      (path: string) => rm(path),
      /arrays.safetensors is missing: its record expects it/,
    ],
    ['arrays without their record', 'record.json', (path: string) => rm(path), /^cannot read .*ENOENT/],
    [
      'a truncated record',
      'record.json',
      (path: string) => truncate(path, 100),
      /is not a readable record: /,
    ],
    [
      'a record that lacks a field',
      'record.json',
      (path: string) => edit(path, '"testLoss"', '"tastLoss"'),
      /is not a readable record: /,
    ],
    [
      'a record of which a digit was changed',
      'record.json',
      (path: string) => edit(path, '"testLoss": 0.3', '"testLoss": 0.7'),
      /is not a readable record: its numbers are not those that it was written with: its own SHA-256 is another$/,
    ],
    [
      'an older record, without a checksum of its own, whose numbers were changed',
      'record.json',
      async (path: string) => {
        await edit(path, '"recordSha256"', '"other"');
        await edit(path, '"learningRate": 0.01', '"learningRate": 0.02');
      },
      /is not a readable record: its protocol does not have the key it is filed under$/,
    ],
    [
      'a bit that flipped in the arrays',
      'arrays.safetensors',
      (path: string) => flip(path),
      /has changed since it was written: its record expects SHA-256 [0-9a-f]{64}, received [0-9a-f]{64}$/,
    ],
  ])('is trained again: %s', async (_, file, damage, reason) => {
    await write(first);
    await write(second);
    await damage(join(directory, 'trials', first.key, file));
    const { found: records, damaged } = await survey(directory, trials);
    expect([...records.keys()]).toEqual([second.key]);
    expect(damaged).toEqual([{ key: first.key, reason: expect.stringMatching(reason) }]);
    await write(first);
    expect((await survey(directory, trials)).damaged).toEqual([]);
  });

  it('with corrupt arrays is not read', async () => {
    const record = (await write(first)) as FinishedRecord;
    await flip(join(directory, 'trials', first.key, 'arrays.safetensors'));
    expect(await rejectionOf(readArrays(directory, record))).toMatch(/^file_corrupt: .*has changed since/);
  });
});

describe('a full disk', () => {
  it('loses the trial being written and nothing else', async (context) => {
    const small = join(folder, 'small-disk');
    await mkdir(small);
    if (!mount(small, 'size=64k'))
      context.skip('may not mount a small disk here; full-disk.test.ts stands in');
    directory = join(small, 'run');
    try {
      await openRunDirectory(directory, protocol);
      const record = await write(first);
      const ballast = join(small, 'ballast');
      execFileSync('sh', ['-c', `dd if=/dev/zero of=${ballast} bs=1k count=1000 2>/dev/null; true`]);
      expect(await rejectionOf(write(second))).toMatch(
        /^file_unwritable: cannot .*: ENOSPC: no space left on device.*\. Records of finished trials are intact; make room, then run the same again to go on$/,
      );
      const left = await readdir(directory, { recursive: true });
      expect(left.filter((path) => path.endsWith('.tmp'))).toEqual([]);
      expect(await readRecords(directory)).toEqual([record]);
      await rm(ballast);
      await write(second);
      expect(await readRecords(directory)).toHaveLength(2);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});

async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 5] = (bytes.at(-5) as number) ^ 1;
  await writeFile(path, bytes);
}
