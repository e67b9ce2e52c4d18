import { expect, it } from 'vitest';
import { readCsv, readIdxArray, readNpy, readNpz, readParquet } from '../../../src/data/index.js';
import { Network, readSafetensors, writeSafetensors } from '../../../src/index.js';
import { rejectionOf } from '../../failure.js';

it.each([
  ['readCsv', 'read', (path: string) => readCsv(path, { label: 'y' })],
  ['readIdxArray', 'read', readIdxArray],
  ['readNpy', 'read', readNpy],
  ['readNpz', 'read', readNpz],
  ['readParquet', 'read', readParquet],
  ['readSafetensors', 'read', readSafetensors],
  ['Network.load', 'read', (path: string) => Network.load(path)],
  ['writeSafetensors', 'write', (path: string) => writeSafetensors(path, new Map())],
])('%s refuses a path with the character U+0000', async (_, verb, call) => {
  expect(await rejectionOf(call('a\0b'))).toBe(
    `invalid_argument: expected the path of a file, without the character U+0000 for a file to ${verb}, received "a\\u0000b"`,
  );
});
