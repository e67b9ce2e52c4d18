/** What pandas and Python's csv module make of the same files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv.js';
import { findPython } from '../docs/run/site.js';
import { fileOf } from './files.js';
import { labelColumn, table, type Writing, writeCsv, writing } from './random-tables.js';

interface PeerFile {
  readonly columns: readonly string[];
  /** As float.hex() of Python writes them. */
  readonly numbers: readonly (readonly string[])[];
  readonly labels: readonly string[];
  /** Of csv.reader, the header first. */
  readonly rows: readonly (readonly string[])[];
}

const python = findPython();
const lacks = 'there is no python3 with NumPy and pandas';
if (!python && process.env.EIGENSTUDENT_REQUIRE_PYTHON) throw new Error(lacks);

/** Some of these are missing values for pandas, others are names. */
const words = [
  '#N/A',
  '#NA',
  '-1.#IND',
  '-NaN',
  '-nan',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'n/a',
  'nan',
  'null',
].concat([
  '',
  ' ',
  '-',
  '--',
  '?',
  '.',
  'na',
  'Na',
  'NAN',
  'Null',
  'none',
  'missing',
  'unknown',
  'Inf',
  '"NA"',
  '#N/A N/A',
]);

const folder = mkdtempSync(join(tmpdir(), 'eigenstudent-pandas-'));
const drawn = fc.sample(fc.tuple(table, writing, fc.boolean()), { numRuns: 120, seed: 2 });
const files = drawn.map(([wanted, how, compressed], i) => {
  const path = join(folder, `${i}.csv${compressed ? '.gz' : ''}`);
  const bytes = writeCsv(wanted, how);
  writeFileSync(path, compressed ? gzipSync(bytes) : bytes);
  return { wanted, how, path };
});

const answer = python ? ask(python) : undefined;

it('120 files have the columns, numbers and classes that pandas reads in them, to the bit', async ({
  skip,
}) => {
  if (!answer) return skip(lacks);
  for (const [i, { path, how, wanted }] of files.entries()) {
    const peer = answer.files[i] as PeerFile;
    const ours = await readCsv(path, { label: labelColumn, delimiter: how.delimiter });
    expect(ours.inputNames, path).toEqual(peer.columns);
    expect([...ours.data.inputs], path).toEqual(peer.numbers.flat().map(fromHex));
    const labels = [...(ours.data.classes ?? [])].map((index) => ours.classNames?.[index]);
    expect(labels, path).toEqual(peer.labels);
    expect(peer.labels, path).toEqual(wanted.rows.map(({ label }) => label));
  }
});

it("gives the rows of Python's csv.reader for every line end", async ({ skip }) => {
  if (!answer) return skip(lacks);
  for (const [i, { path, how }] of files.entries()) {
    const peer = answer.files[i] as PeerFile;
    const ours = await readCsv(path, { label: labelColumn, delimiter: how.delimiter });
    expect(ours.data.samples, path).toBe(peer.rows.length - 1);
    const numbers = peer.rows.slice(1).flatMap((row) => row.slice(0, -1).map(Number));
    expect([...ours.data.inputs], path).toEqual(numbers);
  }
});

it('a label is refused where pandas has a missing value, and a class where it has none', async ({ skip }) => {
  if (!answer) return skip(lacks);
  for (const [i, word] of words.entries()) {
    const file = await fileOf('t.csv', `a,label\n1,x\n2,${word}\n`);
    const refused = await readCsv(file, { label: 'label' }).then(
      () => false,
      ({ message }) => /received .*, a missing value/.test(message),
    );
    // a cell of one blank is text for pandas; here blanks at the ends are never part of a name
    expect(refused, JSON.stringify(word)).toBe(word === ' ' || answer.missing[i]);
  }
});

function ask(command: string): { readonly files: readonly PeerFile[]; readonly missing: readonly boolean[] } {
  const manifest = {
    files: files.map(({ path, how }) => ({ path, delimiter: how.delimiter, encoding: encodingName(how) })),
    words,
  };
  const script = join(import.meta.dirname, 'peer-tables.py');
  const options = { input: JSON.stringify(manifest), encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  return JSON.parse(execFileSync(command, [script], options));
}

/** Python's "utf-16" reads the order of the bytes from the mark. */
function encodingName({ encoding }: Writing): string {
  return encoding.startsWith('utf-16') ? 'utf-16' : encoding;
}

function fromHex(text: string): number {
  const [, sign, whole, fraction = '', power] = /^(-?)0x([01])\.?([0-9a-f]*)p([+-]\d+)$/.exec(text) ?? [];
  const mantissa = BigInt(`0x${whole}${fraction}`);
  // two steps, as 2 ** -1074 alone cannot scale the smallest numbers
  const shift = Number(power) - 4 * fraction.length;
  const value = Number(mantissa) * 2 ** Math.ceil(shift / 2) * 2 ** Math.floor(shift / 2);
  return sign ? -value : value;
}
