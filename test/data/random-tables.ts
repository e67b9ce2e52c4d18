/** Random tables, and files of them as many programs write CSV. */
import fc from 'fast-check';

export interface Table {
  readonly columns: readonly string[];
  /** Of each row: its numbers as they are written, one per column, and the name of its class. */
  readonly rows: readonly { readonly numbers: readonly string[]; readonly label: string }[];
}

export const encodings = ['utf-8', 'utf-8-sig', 'utf-16-le', 'utf-16-be'] as const;
export type Encoding = (typeof encodings)[number];

export interface Writing {
  readonly delimiter: string;
  readonly encoding: Encoding;
  /** Taken in turn, line by line. */
  readonly lineEnds: readonly string[];
  readonly lastLineEnds: boolean;
  /** Whether fields have quotes that need none. */
  readonly quoteAll: boolean;
  /** Blank lines after the header and every third row. */
  readonly blankLines: boolean;
}

const letter = fc.constantFrom(...'abcxyz019 -_.;,|\t"\'\n\räöüßéłżДя日本é😀🧪\u2028\u00a0'.split(/(?:)/u));
/** Without blanks at the ends, which are passed over, and with a letter in front: neither a number nor a missing value. */
const text = fc.array(letter, { maxLength: 8 }).map((letters) => `k${letters.join('')}`.replace(/\s+$/u, ''));
const label = text.map((name) => name.normalize());

const number = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ min: -1e3, max: 1e3, noNaN: true }).map((value) => value.toFixed(3)),
  fc.double({ min: -1e3, max: 1e3, noNaN: true }).map((value) => value.toExponential(17)),
  fc.maxSafeInteger().map(String),
  fc.constantFrom('+5', '.5', '5.', '-.25', '007', '1E3', '1e-400', '-0', '+0.0e0'),
);

export const table: fc.Arbitrary<Table> = fc
  .uniqueArray(text, { minLength: 1, maxLength: 4 })
  .chain((columns) =>
    fc.record({
      columns: fc.constant(columns),
      rows: fc.array(
        fc.record({
          numbers: fc.array(number, { minLength: columns.length, maxLength: columns.length }),
          label,
        }),
        { minLength: 1, maxLength: 12 },
      ),
    }),
  );

export const writing: fc.Arbitrary<Writing> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  encoding: fc.constantFrom(...encodings),
  lineEnds: fc.array(fc.constantFrom('\n', '\r\n', '\r'), { minLength: 1, maxLength: 4 }),
  lastLineEnds: fc.boolean(),
  quoteAll: fc.boolean(),
  blankLines: fc.boolean(),
});

/** The column with the classes is the last; no other has its name. */
export const labelColumn = 'the class';

export function writeCsv({ columns, rows }: Table, how: Writing): Buffer {
  const quoted = (field: string) =>
    how.quoteAll || /["\r\n]/.test(field) || field.includes(how.delimiter)
      ? `"${field.replaceAll('"', '""')}"`
      : field;
  const records = [[...columns, labelColumn], ...rows.map(({ numbers, label }) => [...numbers, label])];
  const lines = records.map((record) => record.map(quoted).join(how.delimiter));
  let written = 0;
  const end = () => how.lineEnds[written++ % how.lineEnds.length] as string;
  let csv = '';
  for (const [i, line] of lines.entries()) {
    csv += line;
    if (i < lines.length - 1 || how.lastLineEnds) csv += end();
    if (how.blankLines && i % 3 === 0 && i < lines.length - 1) csv += end();
  }
  return encode(csv, how.encoding);
}

export function encode(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(text);
  if (encoding === 'utf-8-sig') return Buffer.from(`\uFEFF${text}`);
  const little = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return encoding === 'utf-16-le' ? little : little.swap16();
}

/** The bytes in pieces of these sizes, taken in turn. */
export async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let from = 0, i = 0; from < bytes.length; ++i) {
    const size = sizes[i % sizes.length] as number;
    yield bytes.slice(from, from + size);
    from += size;
  }
}
