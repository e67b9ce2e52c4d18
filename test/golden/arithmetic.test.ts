/**
 * The bits of tiny trainings, held against those of the present revision of the arithmetic. A change that brings others raises
 * arithmetic_revision (native/core/arithmetic.h), and arithmetic.json takes the number and the bits.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { arithmeticRevision } from '../../src/native/arithmetic.js';
import { addon } from '../../src/native/load.js';
import { Population } from '../../src/population/population.js';
import { smallStudent } from '../network/small-students.js';
import { cpuHashes, exactHashes, functionHashes, type Hashes } from './arithmetic-runs.js';

interface Golden {
  readonly revision: number;
  /** With which the bits of each engine changed last. */
  readonly engines: Readonly<Record<string, number>>;
  /** Of the reference backend: additions, multiplications, divisions and roots. The same on every machine. */
  readonly exact: Hashes;
  /** Of the reference backend, with exp, log, cos and pow of glibc. */
  readonly glibc: Hashes;
  /** Of the fast CPU backend, whose sources let the compiler fuse what it likes: by engine and compiler. */
  readonly cpu: Readonly<Record<string, Hashes>>;
}

const golden: Golden = JSON.parse(readFileSync(new URL('arithmetic.json', import.meta.url), 'utf8'));
const advice =
  'the bits of a training have changed: raise arithmetic_revision in native/core/arithmetic.h and that of the engine, and write the ' +
  'new revision and the bits found here into test/golden/arithmetic.json (those of every engine: EIGENSTUDENT_ISA=plain, avx2, avx512)';

/** Bits that have changed are told with what to do about it. */
function expectBits(found: Hashes, expected: Hashes | undefined, where: string): void {
  expect(found, `${where}: ${advice}\n${JSON.stringify({ [where]: found }, null, 2)}`).toEqual(expected);
}

it('the addon has the revision that the golden bits belong to', () => {
  expect(golden.revision, advice).toBe(addon().arithmetic);
  expect(Math.max(...Object.values(golden.engines))).toBe(golden.revision);
});

it.each(Object.entries(golden.engines))('%s has the revision %i', (engine, revision) => {
  expect(arithmeticRevision(engine), advice).toBe(revision);
});

it('the reference backend gives the bits of this revision', async () => {
  expectBits(await exactHashes(), golden.exact, 'exact');
});

it('the reference backend gives the bits of this revision with the functions of glibc', async (context) => {
  const { header } = process.report.getReport() as { readonly header?: { glibcVersionRuntime?: string } };
  if (!header?.glibcVersionRuntime) context.skip('exp, log and their like are those of another library here');
  expectBits(await functionHashes(), golden.glibc, 'glibc');
});

it('the CPU backend gives the bits of this revision', async (context) => {
  const compiler = /^\S+ \d+/.exec(addon().capabilities().compiler)?.[0];
  const { engine } = Population.create([smallStudent()], { device: 'cpu' });
  const where = `${engine} ${compiler}`;
  if (!golden.cpu[where]) context.skip(`no golden bits of ${where}`);
  expectBits(await cpuHashes(), golden.cpu[where], where);
});
