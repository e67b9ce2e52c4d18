/**
 * Text files of users: descriptions, protocols. All of them are decoded here, so that no character is
 * replaced silently.
 */
import { EigenstudentError } from '../errors.js';
import { describeForeign } from './file-kind.js';
import { readBytes } from './read-bytes.js';

/** Reads a text file; see decodeText. @throws file_unreadable, file_corrupt */
export async function readText(path: string): Promise<string> {
  return decodeText(await readBytes(path), path);
}

/**
 * Bytes as text: UTF-8, or UTF-16 where the file begins with a byte order mark, which is left out.
 * @param where names the bytes in errors, as a path does
 * @throws file_corrupt with line and column of the first byte that is not of the encoding, or of a NUL;
 *   naming what the file is where it is a web page or of a binary format
 */
export function decodeText(bytes: Uint8Array, where: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = describeForeign(buffer) ?? '';
  if (kind !== '' && !isAnyText.test(kind)) throw new EigenstudentError('file_corrupt', `${where} ${kind}`);
  const text = markedText(buffer, where) ?? utf8(buffer, where);
  const nul = text.indexOf('\0');
  if (nul < 0) return text;
  throw corrupt(
    where,
    `expected text, received a NUL in ${place(text.slice(0, nul))}. It may be UTF-16 without a byte order mark, or no text: ` +
      'save it as UTF-8',
  );
}

/** The formats that describeForeign must not report, because the file may be YAML or JSON. */
const isAnyText = /^is (empty|text|JSON|the text)/;

/** Undefined without a byte order mark. */
function markedText(bytes: Buffer, where: string): string | undefined {
  const mark = bytes.toString('hex', 0, 4);
  if (mark.startsWith('efbbbf')) return utf8(bytes.subarray(3), where);
  if (mark === 'fffe0000' || mark === '0000feff')
    throw corrupt(where, 'expected UTF-8 or UTF-16, received UTF-32. Save it as UTF-8');
  if (mark.startsWith('fffe')) return utf16(bytes.subarray(2), 'utf-16le', where);
  if (mark.startsWith('feff')) return utf16(bytes.subarray(2), 'utf-16be', where);
  return undefined;
}

function utf16(bytes: Buffer, encoding: 'utf-16le' | 'utf-16be', where: string): string {
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  if (bytes.length % 2 === 1)
    throw corrupt(
      where,
      `expected UTF-16, received an odd number of bytes, ${bytes.length + 2}. It is cut short`,
    );
  const broken = text.indexOf('\ufffd');
  // a file may hold U+FFFD itself
  if (broken < 0 || isWellFormed(bytes, encoding)) return text;
  throw corrupt(where, `expected UTF-16, received half a character in ${place(text.slice(0, broken))}`);
}

function isWellFormed(bytes: Buffer, encoding: string): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function utf8(bytes: Buffer, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const good = wellFormedLength(bytes);
    const byte = (bytes[good] as number).toString(16).padStart(2, '0');
    const before = bytes.toString('utf8', 0, good);
    throw corrupt(
      where,
      `expected UTF-8, received the byte ${byte} in ${place(before)}. It may be in an older encoding, as Windows-1252: save it as UTF-8`,
      cause,
    );
  }
}

/** How many bytes of the beginning are whole characters. */
function wellFormedLength(bytes: Buffer): number {
  // With `stream: true` a decoder keeps half a character back, and fails at the first byte that cannot follow.
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (mayBegin(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  while (good > 0 && !isWellFormed(bytes.subarray(0, good), 'utf-8')) --good;
  return good;
}

function mayBegin(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** "line 3, column 7", counted from 1, of what follows the text. */
function place(before: string): string {
  const lines = before.split(/\r\n|\r|\n/);
  return `line ${lines.length}, column ${[...(lines.at(-1) as string)].length + 1}`;
}

function corrupt(where: string, reason: string, cause?: unknown): EigenstudentError {
  return new EigenstudentError('file_corrupt', `${where} is not readable text: ${reason}`, { cause });
}
