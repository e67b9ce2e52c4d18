import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProtocolFile } from '../../src/cli/train.js';
import { loadNetwork } from '../../src/exchange/load-network.js';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { rejectionOf } from '../failure.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { inputOf } from './inputs.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-text-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As PowerShell and editors of Windows write text. */
const encodings: Readonly<Record<string, (text: string) => Buffer>> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with a byte order mark': (text) => Buffer.from(`\ufeff${text}`),
  'UTF-16, little-endian': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16, big-endian': (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
};
async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('text files of users', () => {
  const model = inputOf('json-bom', 's-plain.safetensors');

  // playwright PR #39420, deja-vu #3696
  it.each(Object.keys(encodings))('a description in %s is read', async (name) => {
    const text = await readFile(inputOf('json-bom', 's-plain.json'), 'utf8');
    const description = await file('description.json', (encodings[name] as (text: string) => Buffer)(text));
    const { network } = await loadNetwork(model, { description });
    expect(network.parameters).toEqual((await loadNetwork(model)).network.parameters);
  });

  it.each(Object.keys(encodings))('a protocol in %s is read', async (name) => {
    const text = `# für alle\r\n${formatProtocol(smallProtocol())}`;
    const protocol = await file('protocol.yaml', (encodings[name] as (text: string) => Buffer)(text));
    expect(await readProtocolFile(protocol)).toEqual(smallProtocol());
  });

  it('in an older encoding are refused with line and column', async () => {
    const path = await file('latin1.yaml', Buffer.from('trials: 2\n# für alle\n', 'latin1'));
    const reason =
      'expected UTF-8, received the byte fc in line 2, column 4. It may be in an older encoding, as Windows-1252: save it as UTF-8';
    expect(await rejectionOf(readProtocolFile(path))).toBe(
      `file_corrupt: ${path} is not readable text: ${reason}`,
    );
    expect(await rejectionOf(loadNetwork(model, { description: path }))).toBe(
      `file_corrupt: ${path} is not readable text: ${reason}`,
    );
  });
});
