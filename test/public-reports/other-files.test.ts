import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProtocolFile } from '../../src/cli/train.js';
import { readCifar10 } from '../../src/data/cifar10.js';
import { readIdx } from '../../src/data/idx.js';
import { readNpy } from '../../src/data/npy.js';
import { readNpz } from '../../src/data/npz.js';
import { readParquet } from '../../src/data/parquet.js';
import { readDescription } from '../../src/exchange/description.js';
import { loadNetwork } from '../../src/exchange/load-network.js';
import { describeForeign } from '../../src/files/file-kind.js';
import { Network } from '../../src/network/network.js';
import { rejectionOf } from '../failure.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-other-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const readers: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'x.npy': readNpy,
  'x.npz': (path) => readNpz(path),
  'images-idx3-ubyte': (path) => readIdx({ images: path }),
  'data_batch_1.bin': (path) => readCifar10([path]),
  'x.parquet': (path) => readParquet(path),
  'model.npz': (path) => loadNetwork(path),
  'model.onnx': (path) => loadNetwork(path),
  'model.safetensors': (path) => loadNetwork(path),
  'own.safetensors': Network.load,
};
const textReaders: typeof readers = { 'model.json': readDescription, 'protocol.yaml': readProtocolFile };

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const pointer =
  'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';
/** What lies where a download should be. */
const strangers: Readonly<Record<string, [Buffer, RegExp]>> = {
  'a web page': [
    latin1('\n<!DOCTYPE html>\n<html><body>Sign in</body></html>'),
    /is a web page \(HTML\), not the file/,
  ],
  'a web page without a type': [latin1('<HTML><head>'), /is a web page \(HTML\)/],
  'a web page after a comment': [latin1('<!-- v1 --><html>'), /is a web page \(HTML\)/],
  'a pointer of Git LFS': [
    latin1(pointer),
    /is a pointer of Git LFS in place of the file\. Fetch the file with `git lfs pull`/,
  ],
  'an answer in XML': [
    latin1('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    /is XML that begins with "<\?xml version=\\"1\.0\\"\?><Error><Code>AccessDenied/,
  ],
  'a pickle': [
    latin1('\x80\x04\x95\x1a\0\0\0\0\0\0\0}\x94'),
    /is a pickle of Python, which may run code and is not read/,
  ],
  'a checkpoint of PyTorch': [
    latin1(`PK\x03\x04${'\0'.repeat(22)}\x10\0\0\0archive/data.pkl\x80\x02`),
    /is a checkpoint of PyTorch \(\.pt, a zip file with a pickle\)/,
  ],
  'an HDF5 file': [latin1('\x89HDF\r\n\x1a\n\0\0\0'), /is an HDF5 file, as Keras writes/],
  'a picture': [latin1('\x89PNG\r\n\x1a\n\0\0'), /is a picture \(PNG\)/],
  'a document': [latin1('%PDF-1.7\n%\xe2\xe3'), /is a PDF document/],
  zeros: [Buffer.alloc(100), /begins with zeros only/],
  'a tar archive': [
    Buffer.concat([latin1('data/\0'), Buffer.alloc(251, 1), latin1('ustar\0')]),
    /is a tar archive/,
  ],
};
/** What is text, and may be YAML. */
const texts: typeof strangers = {
  'an empty file': [Buffer.alloc(0), /is empty/],
  'an answer in JSON': [
    latin1('{"error": "not found"}'),
    /is JSON that begins with "\{\\"error\\": \\"not found\\"\}"/,
  ],
  'an answer in words': [latin1('Too Many Requests\n'), /is text that begins with "Too Many Requests"/],
  'a program': [
    latin1('import numpy as np\nx = 1\n'),
    /is the text of a program that begins with "import numpy as np/,
  ],
};

describe('a file that is something else is called what it is', () => {
  // TDB #3, ComfyUI-GGUF #21
  const all = { ...strangers, ...texts };
  it.each(Object.keys(readers).flatMap((name) => Object.keys(all).map((kind) => [name, kind] as const)))(
    '%s that is %s',
    async (name, kind) => {
      const [bytes, message] = all[kind] as [Buffer, RegExp];
      const path = join(folder, name);
      await writeFile(path, bytes);
      const failure = await rejectionOf((readers[name] as (path: string) => Promise<unknown>)(path));
      expect(failure).toMatch(/^file_corrupt: /);
      expect(failure).toContain(path);
      expect(failure).toMatch(message);
    },
  );

  it.each(
    Object.keys(textReaders).flatMap((name) => Object.keys(strangers).map((kind) => [name, kind] as const)),
  )('%s that is %s', async (name, kind) => {
    const [bytes, message] = strangers[kind] as [Buffer, RegExp];
    const path = join(folder, name);
    await writeFile(path, bytes);
    const failure = await rejectionOf((textReaders[name] as (path: string) => Promise<unknown>)(path));
    expect(failure).toMatch(/^file_corrupt: /);
    expect(failure).toMatch(message);
  });

  it('names a file of another kind within gzip', async () => {
    const path = join(folder, 'x.npy.gz');
    await writeFile(path, gzipSync('<!doctype html>'));
    expect(await rejectionOf(readNpy(path))).toMatch(
      /x\.npy\.gz is not a readable NPY array: it is a web page/,
    );
  });

  it('a file packed with gzip, where no reader unpacks it, is called packed', async () => {
    for (const name of ['x.npz', 'model.onnx', 'model.safetensors']) {
      const path = join(folder, name);
      await writeFile(path, gzipSync('anything'));
      expect(await rejectionOf((readers[name] as (path: string) => Promise<unknown>)(path))).toMatch(
        /it is compressed with gzip\. Unpack it with gunzip$/,
      );
    }
  });

  it('a file of another format of this package is called by its name', () => {
    const kinds = [
      '\x93NUMPY\x01\0',
      'PAR1',
      '\0\0\x08\x03',
      `PK\x03\x04${'\0'.repeat(22)}\x05\0\0\0x.npy`,
      '\x02\0\0\0\0\0\0\0{}',
    ];
    expect(kinds.map((start) => describeForeign(latin1(start))?.replace(/\..*/, ''))).toEqual([
      'is an array of NumPy (NPY)',
      'is a Parquet file',
      'is an IDX file of images',
      'is an NPZ file',
      'is a safetensors file',
    ]);
    expect(describeForeign(latin1('PAR1'), 'a Parquet file')).toBeUndefined();
    expect(describeForeign(latin1('\x01\x02\x03\x04'))).toBeUndefined();
  });
});
