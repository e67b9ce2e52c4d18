/** Checks that bytes are text in their encoding, without ever holding all of them in memory. */
import { isUtf8 } from 'node:buffer';
import { EigenstudentError } from '../errors.js';
import type { LineIndex } from './line-index.js';

/** Decodes a text whose bytes arrive in pieces. */
interface Decoder {
  /** The whole characters among the next bytes, in UTF-8. @throws Malformed */
  take(bytes: Uint8Array): Uint8Array;
  /** @throws Malformed when the text ends within a character */
  end(): void;
}

/** Thrown at the first byte that is not text in the encoding. */
class Malformed extends Error {
  /** @param before the text before it, in UTF-8, as far as it has not been returned */
  constructor(
    readonly before: Uint8Array,
    readonly received: string,
    readonly expected: string,
  ) {
    super(received);
  }
}

/** First bytes, as hexadecimal, and the kind of file that begins with them. */
const otherFormats: readonly (readonly [string, string])[] = [
  ['504b0304', 'a zip file, such as an Excel workbook (.xlsx). Save the sheet as CSV UTF-8'],
  ['d0cf11e0', 'an old Excel workbook (.xls). Save the sheet as CSV UTF-8'],
  ['50415231', 'a Parquet file. Read it as one'],
  ['28b52ffd', 'compressed with Zstandard. Unpack it, or compress it with gzip'],
  ['fffe0000', 'text in UTF-32. Save it as UTF-8'],
  ['0000feff', 'text in UTF-32. Save it as UTF-8'],
];
const markBytes = 4;
/** Characters before the place of an error that its message shows. Arbitrary. */
const mostShown = 20;

/**
 * The text in UTF-8, without the byte order mark that it may begin with: U+FEFF in UTF-8, or in UTF-16 of either order, which
 * is recoded. Without one it must be UTF-8.
 * @param path names the file in errors
 * @param lines receives every piece before it is returned
 * @throws file_unsupported where it is not text in these encodings, with line and column; what `chunks` throws
 */
export async function* checkedText(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  lines: LineIndex,
): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | undefined = new Uint8Array(0);
  let decoder: Decoder | undefined;
  const hand = (piece: Uint8Array) => {
    lines.add(piece);
    return piece;
  };
  try {
    for await (const chunk of chunks) {
      let bytes = chunk;
      if (start) {
        bytes = Buffer.concat([start, chunk]);
        start = bytes.length < markBytes ? bytes : undefined;
        if (start) continue;
      }
      const skipped = decoder ? 0 : markLength(bytes);
      decoder ??= decoderOf(path, bytes);
      const piece = decoder.take(bytes.subarray(skipped));
      if (piece.length > 0) yield hand(piece);
    }
    if (start && start.length > 0) {
      decoder = decoderOf(path, start);
      yield hand(decoder.take(start.subarray(markLength(start))));
    }
    decoder?.end();
  } catch (cause) {
    throw cause instanceof Malformed ? notText(path, cause, lines) : cause;
  }
}

function hexadecimal(bytes: Uint8Array, count = markBytes): string {
  return Buffer.from(bytes.subarray(0, count)).toString('hex');
}

function markLength(bytes: Uint8Array): number {
  if (hexadecimal(bytes, 3) === 'efbbbf') return 3;
  return /^(?:fffe|feff)/.test(hexadecimal(bytes)) ? 2 : 0;
}

function decoderOf(path: string, start: Uint8Array): Decoder {
  const begins = hexadecimal(start);
  const other = otherFormats.find(([mark]) => mark === begins)?.[1];
  if (other) throw new EigenstudentError('file_unsupported', `${path} is not text in UTF-8, but ${other}`);
  if (begins.startsWith('fffe')) return new Utf16(true);
  return begins.startsWith('feff') ? new Utf16(false) : new Utf8();
}

class Utf8 implements Decoder {
  #rest: Uint8Array = new Uint8Array(0);

  take(bytes: Uint8Array): Uint8Array {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const whole = all.subarray(0, wholeCharacters(all));
    const zero = whole.indexOf(0);
    if (!isUtf8(whole)) {
      const at = firstInvalid(whole);
      if (zero < 0 || at < zero)
        throw new Malformed(whole.subarray(0, at), byteName(whole[at] as number), 'UTF-8');
    }
    if (zero >= 0) throw nul(whole.subarray(0, zero));
    this.#rest = all.slice(whole.length);
    return whole;
  }

  end(): void {
    const [first] = this.#rest;
    if (first !== undefined) throw new Malformed(new Uint8Array(0), byteName(first), 'UTF-8');
  }
}

/** How many bytes precede the character that is still incomplete at the end. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); ++back) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue; // belongs to a character that begins before
    const needed =
      byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc0 && byte < 0xe0 ? 2 : 1;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** The first byte of the first invalid character, in bytes that are not UTF-8. */
function firstInvalid(bytes: Uint8Array): number {
  let [valid, invalid] = [0, bytes.length];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    const some = bytes.subarray(0, middle);
    if (isUtf8(some.subarray(0, wholeCharacters(some)))) valid = middle;
    else invalid = middle;
  }
  return wholeCharacters(bytes.subarray(0, valid));
}

class Utf16 implements Decoder {
  #rest: Uint8Array = new Uint8Array(0);

  constructor(readonly littleEndian: boolean) {}

  take(bytes: Uint8Array): Uint8Array {
    const all = Buffer.concat([this.#rest, bytes]);
    const even = all.subarray(0, all.length - (all.length % 2));
    const ordered = this.littleEndian ? even : Buffer.from(even).swap16();
    const text = ordered.toString('utf16le');
    const split = /[\ud800-\udbff]$/.test(text) ? 1 : 0; // its other half is in the next bytes
    const whole = split ? text.slice(0, -1) : text;
    this.#rest = all.subarray(even.length - 2 * split);
    const wrong = whole.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\0/);
    if (wrong < 0) return Buffer.from(whole);
    const before = Buffer.from(whole.slice(0, wrong));
    throw whole[wrong] === '\0' ? nul(before) : new Malformed(before, 'half of a surrogate pair', 'UTF-16');
  }

  end(): void {
    if (this.#rest.length > 0) throw new Malformed(new Uint8Array(0), 'the end within a character', 'UTF-16');
  }
}

function byteName(byte: number): string {
  return `the byte 0x${byte.toString(16).padStart(2, '0')}`;
}

function nul(before: Uint8Array): Malformed {
  return new Malformed(before, 'a NUL byte', 'text');
}

const advice: Readonly<Record<string, string>> = {
  'UTF-8':
    'It may be in ISO-8859-1 or Windows-1252, as Excel writes CSV: save it as UTF-8 ("CSV UTF-8" in Excel; ' +
    'iconv -f WINDOWS-1252 -t UTF-8)',
  'UTF-16': 'It may be cut short; save it as UTF-8',
  text: 'It may be a binary file, or UTF-16 without a byte order mark: save it as UTF-8',
};

function notText(
  path: string,
  { before, received, expected }: Malformed,
  lines: LineIndex,
): EigenstudentError {
  lines.add(before);
  const { line, column } = lines.next();
  const text = Buffer.from(before)
    .toString('utf8')
    .replace(/^.*[\r\n]/s, '');
  const after = text && ` after ${JSON.stringify(Array.from(text).slice(-mostShown).join(''))}`;
  return new EigenstudentError(
    'file_unsupported',
    `${path} is not ${expected}: line ${line}, column ${column} has ${received}${after}. ${advice[expected]}`,
  );
}
