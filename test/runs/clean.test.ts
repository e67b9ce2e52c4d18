import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import { cleanRunDirectory } from '../../src/runs/clean.js';
import { ownerHere } from '../../src/runs/owners.js';
import { openRunDirectory } from '../../src/runs/run-directory.js';
import { TrialLocks } from '../../src/runs/trial-locks.js';
import { madeUpTrial, smallProtocol } from '../sweep/small-protocol.js';
import { writeStudent } from '../sweep/student-records.js';
import { expand } from '../sweep/student-trials.js';

const protocol = smallProtocol();
const [first, second, third] = expand(protocol) as [
  StudentTrial,
  StudentTrial,
  StudentTrial,
  ...StudentTrial[],
];
let directory: string;
/** More than any system gives a process: the id of one that has ended may be given to another at any moment. */
const dead = 2 ** 22 + 1;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-clean-'));
  await openRunDirectory(directory, protocol);
  const { record, arrays } = madeUpTrial(first);
  await writeStudent(directory, record, arrays);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function put(path: string, text = ''): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), text);
}

async function files(): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

it('cleanRunDirectory removes files of dead processes, and nothing else', async () => {
  const before = await files();
  const left = [
    `protocol.yaml.${dead}-0.tmp`,
    `summary.json.${dead}-3.tmp`,
    `figures/loss.svg.${dead}-3.tmp`,
    `locks/owners/killed.json.${dead}-0.tmp`, // before it had made itself known
    `trials/${first.key}/checkpoint.safetensors`,
    `trials/${second.key}/checkpoint.safetensors.${dead}-12.tmp`,
    `trials/${third.key}/record.json.${process.pid}-1.tmp`, // an id that is used again
  ];
  for (const path of left) await put(path);
  await put('locks/owners/dead.json', JSON.stringify({ ...ownerHere('dead'), pid: dead }));
  await put('locks/owners/dead', 'dead');
  await put(`locks/${first.key}/1`, 'dead');
  await put(`locks/${first.key}/2`, 'dead');
  const removed = await cleanRunDirectory(directory);
  expect(await files()).toEqual(before);
  expect(removed.sort()).toEqual(
    [...left, `locks/${first.key}`, 'locks/owners/dead.json'].sort((a, b) => (a < b ? -1 : 1)),
  );
  expect(await cleanRunDirectory(directory)).toEqual([]);
});

it('cleanRunDirectory removes the lock of the protocol that a killed process left', async () => {
  const before = await files();
  await put('locks/protocol/1', 'killed');
  expect(await cleanRunDirectory(directory)).toEqual(['locks/protocol']);
  expect(await files()).toEqual(before);
  const locks = await TrialLocks.enter(directory);
  await locks.claim('protocol');
  expect(await cleanRunDirectory(directory)).toEqual([]);
  await locks.leave();
});

it('cleanRunDirectory keeps files that are or may be in use', async () => {
  const locks = await TrialLocks.enter(directory);
  await locks.claim(second.key);
  const used = [
    `summary.json.${process.pid}-3.tmp`,
    `locks/owners/entering.json.${process.pid}-0.tmp`,
    `trials/${second.key}/checkpoint.safetensors.${dead}-12.tmp`,
    `trials/${third.key}/checkpoint.safetensors`, // of a trial to go on with
    'notes.tmp', // nobody knows whose
  ];
  for (const path of used) await put(path);
  const before = await files();
  expect(await cleanRunDirectory(directory)).toEqual([]);
  expect(await files()).toEqual(before);
  await locks.leave();
});

it('cleanRunDirectory keeps temporary files of processes of other machines', async () => {
  await put('locks/owners/far.json', JSON.stringify({ ...ownerHere('far'), host: `not ${hostname()}` }));
  await put(`summary.json.${dead}-3.tmp`);
  expect(await cleanRunDirectory(directory)).toEqual([]);
});

it('cleanRunDirectory keeps the checkpoint of a trial whose record is damaged', async () => {
  await put(`trials/${first.key}/record.json`, '{"schema": 1');
  await put(`trials/${first.key}/checkpoint.safetensors`);
  expect(await cleanRunDirectory(directory)).toEqual([]);
});

it('cleanRunDirectory does nothing in a missing directory', async () => {
  expect(await cleanRunDirectory(join(directory, 'nowhere'))).toEqual([]);
});
