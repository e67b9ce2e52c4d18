import { expect, it } from 'vitest';
import { decodeText } from '../../src/files/text-file.js';
import { failureOf } from '../failure.js';

const utf16 = (text: string) => Buffer.from(text, 'utf16le');

it.each<[string, Uint8Array, string]>([
  ['UTF-8', Buffer.from('für 𝒳'), 'für 𝒳'],
  ['UTF-8 with a byte order mark', Buffer.from('\ufefffür'), 'für'],
  ['UTF-16, little-endian', utf16('\ufefffür 𝒳'), 'für 𝒳'],
  ['UTF-16, big-endian', utf16('\ufefffür 𝒳').swap16(), 'für 𝒳'],
  ['a character that stands for broken ones', utf16('\ufeffa\ufffd'), 'a\ufffd'],
  ['nothing', Buffer.alloc(0), ''],
  ['only a mark', Buffer.from('\ufeff'), ''],
])('%s is text', (_, bytes, text) => {
  expect(decodeText(bytes, 'x')).toBe(text);
});

const older = 'It may be in an older encoding, as Windows-1252: save it as UTF-8';
it.each<[string, Uint8Array, string]>([
  [
    'Windows-1252',
    Buffer.from('a\r\nb\rcdé', 'latin1'),
    `expected UTF-8, received the byte e9 in line 3, column 3. ${older}`,
  ],
  [
    'a character cut short',
    Buffer.from('ü€').subarray(0, 4),
    `expected UTF-8, received the byte e2 in line 1, column 2. ${older}`,
  ],
  [
    'a surrogate in UTF-8',
    Buffer.from('61eda080', 'hex'),
    `expected UTF-8, received the byte ed in line 1, column 2. ${older}`,
  ],
  [
    'an overlong character',
    Buffer.from('610ac080', 'hex'),
    `expected UTF-8, received the byte c0 in line 2, column 1. ${older}`,
  ],
  [
    'a bad byte behind a mark',
    Buffer.from('efbbbf6161ff', 'hex'),
    `expected UTF-8, received the byte ff in line 1, column 3. ${older}`,
  ],
  [
    'half a character of UTF-16',
    Buffer.from('fffe61000a0000d86200', 'hex'),
    'expected UTF-16, received half a character in line 2, column 1',
  ],
  [
    'an odd number of bytes',
    Buffer.from('fffe6100aa', 'hex'),
    'expected UTF-16, received an odd number of bytes, 5. It is cut short',
  ],
  [
    'UTF-32',
    Buffer.from('fffe000061000000', 'hex'),
    'expected UTF-8 or UTF-16, received UTF-32. Save it as UTF-8',
  ],
  [
    'UTF-16 without a mark',
    utf16('ab'),
    'expected text, received a NUL in line 1, column 2. It may be UTF-16 without a byte order mark, or no text: save it as UTF-8',
  ],
])('%s is refused', (_, bytes, reason) => {
  expect(failureOf(() => decodeText(bytes, 'x'))).toBe(`file_corrupt: x is not readable text: ${reason}`);
});

it('the place of a byte is found anywhere in a long text', () => {
  const line = 'zeile für zeile\n';
  for (const count of [0, 1, 7, 1000]) {
    const bytes = Buffer.concat([
      Buffer.from(`${line.repeat(count)}ü`),
      Buffer.from([0xfc]),
      Buffer.from(line),
    ]);
    expect(failureOf(() => decodeText(bytes, 'x'))).toContain(`the byte fc in line ${count + 1}, column 2.`);
  }
});
