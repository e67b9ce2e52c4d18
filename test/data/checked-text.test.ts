import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkedText } from '../../src/data/checked-text.js';
import { LineIndex } from '../../src/data/line-index.js';
import { rejectionOf } from '../failure.js';
import { encode, inPieces, table, writeCsv, writing } from './random-tables.js';

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const seed = 1; // arbitrary

/** The text of the bytes, and the line of each of its bytes. */
async function read(
  bytes: Uint8Array,
  pieces: readonly number[],
): Promise<{ text: string; lines: number[] }> {
  const index = new LineIndex();
  const read: Uint8Array[] = [];
  for await (const piece of checkedText('t.csv', inPieces(bytes, pieces), index)) read.push(piece);
  const text = Buffer.concat(read);
  return { text: text.toString(), lines: Array.from(text, (_, offset) => index.lineAt(offset)) };
}

it('a text comes back as UTF-8 with the number of each line, whatever its encoding and the sizes of the pieces', async () => {
  await fc.assert(
    fc.asyncProperty(table, writing, sizes, async (wanted, how, pieces) => {
      const text = writeCsv(wanted, { ...how, encoding: 'utf-8' }).toString();
      const received = await read(encode(text, how.encoding), pieces);
      expect(received.text).toBe(text);
      const lengths = text.split(/(?<=\n|\r(?!\n))/).map((line) => Buffer.byteLength(line));
      expect(received.lines).toEqual(lengths.flatMap((length, i) => Array(length).fill(i + 1)));
    }),
    { seed, numRuns: 150 },
  );
});

/** None of these bytes is UTF-8 before an ASCII letter. */
const invalid = fc.constantFrom('fc', 'e9', '80', 'ff', 'c0af', 'eda080', 'f4908080', 'f8', 'e282', 'f09f98');

it('bytes that are not UTF-8 are refused with the line and column of the first of them', async () => {
  await fc.assert(
    fc.asyncProperty(table, writing, sizes, invalid, fc.nat(), async (wanted, how, pieces, bytes, at) => {
      const text = Array.from(writeCsv(wanted, { ...how, encoding: 'utf-8' }).toString());
      const place = at % (text.length + 1);
      const before = text.slice(0, place).join('');
      const wrong = Buffer.from(bytes, 'hex');
      const rest = Buffer.from(`k${text.slice(place).join('')}`);
      const file = Buffer.concat([Buffer.from(before), wrong, rest]);
      const lines = before.split(/\r\n|\n|\r/);
      const column = Array.from(lines.at(-1) as string).length + 1;
      const message = await rejectionOf(read(file, pieces));
      expect(message).toContain(
        `file_unsupported: t.csv is not UTF-8: line ${lines.length}, column ${column} has`,
      );
      expect(message).toContain(`the byte 0x${bytes.slice(0, 2)}`);
    }),
    { seed, numRuns: 150 },
  );
});

it('a NUL byte is refused with its line and column, in every encoding', async () => {
  await fc.assert(
    fc.asyncProperty(table, writing, sizes, fc.nat(), async (wanted, how, pieces, at) => {
      const text = Array.from(writeCsv(wanted, { ...how, encoding: 'utf-8' }).toString());
      const place = at % (text.length + 1);
      const before = text.slice(0, place).join('');
      const file = encode(`${before}\0k${text.slice(place).join('')}`, how.encoding);
      const lines = before.split(/\r\n|\n|\r/);
      const column = Array.from(lines.at(-1) as string).length + 1;
      expect(await rejectionOf(read(file, pieces))).toContain(
        `file_unsupported: t.csv is not text: line ${lines.length}, column ${column} has a NUL byte`,
      );
    }),
    { seed, numRuns: 100 },
  );
});

it.each([
  [
    'ffff',
    'UTF-8: line 1, column 1 has the byte 0xff. It may be in ISO-8859-1 or Windows-1252, as Excel writes CSV: save',
  ],
  ['ff', 'UTF-8: line 1, column 1 has the byte 0xff'],
  ['61e2', 'UTF-8: line 1, column 2 has the byte 0xe2'],
  [
    'fffe6100d8',
    'UTF-16: line 1, column 2 has the end within a character. It may be cut short; save it as UTF-8',
  ],
  ['fffe00d86100', 'UTF-16: line 1, column 1 has half of a surrogate pair'],
  ['feff00610a0ddc00', 'UTF-16: line 1, column 3 has half of a surrogate pair'],
  ['fffe0000', 'text in UTF-8, but text in UTF-32. Save it as UTF-8'],
  [
    '504b03041400',
    'text in UTF-8, but a zip file, such as an Excel workbook (.xlsx). Save the sheet as CSV UTF-8',
  ],
  ['5041523115041500', 'text in UTF-8, but a Parquet file. Read it as one'],
  [
    '00610062',
    'text: line 1, column 1 has a NUL byte. It may be a binary file, or UTF-16 without a byte order mark: save',
  ],
])('bytes %s are refused in pieces of any size', async (hexadecimal, message) => {
  for (const size of [1, 2, 3, 100])
    expect(await rejectionOf(read(Buffer.from(hexadecimal, 'hex'), [size]))).toContain(
      `file_unsupported: t.csv is not ${message}`,
    );
});

it.each(['', 'efbbbf', 'fffe', 'feff'])('bytes %s are an empty text', async (hexadecimal) => {
  for (const size of [1, 100]) expect((await read(Buffer.from(hexadecimal, 'hex'), [size])).text).toBe('');
});
