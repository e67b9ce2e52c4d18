import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fashionMnist, fashionMnistDirectory, missingFiles } from '../../src/data/fashion-mnist.js';
import { rejectionOf } from '../failure.js';
import { idxBytes } from './files.js';

/** A directory with files of that format, of a few images of 2 x 3. */
async function directory(...left: string[]): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fashion-mnist-'));
  const write = async (name: string, bytes: Buffer) =>
    left.includes(name) || (await writeFile(join(path, `${name}.gz`), gzipSync(bytes)));
  await write('train-images-idx3-ubyte', idxBytes([3, 2, 3], Array(18).fill(200)));
  await write('train-labels-idx1-ubyte', idxBytes([3], [9, 0, 4]));
  await write('t10k-images-idx3-ubyte', idxBytes([2, 2, 3], Array(12).fill(100)));
  await write('t10k-labels-idx1-ubyte', idxBytes([2], [1, 1]));
  return path;
}

describe('fashionMnist', () => {
  it('reads both parts with their shape, and names the classes', async () => {
    const { train, test, classNames } = await fashionMnist({ directory: await directory() });
    expect([train.samples, test.samples]).toEqual([3, 2]);
    expect([train.inputShape, test.inputShape]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect([...(train.classes ?? [])].map((index) => classNames[index])).toEqual([
      'Ankle boot',
      'T-shirt/top',
      'Coat',
    ]);
    expect([classNames.length, new Set(classNames).size]).toEqual([10, 10]);
    expect([...(test.classes ?? []), test.inputs[0]]).toEqual([1, 1, 100]);
  });

  it('names the files that are missing, and the command that installs them', async () => {
    const path = await directory('train-labels-idx1-ubyte', 't10k-images-idx3-ubyte');
    expect(await rejectionOf(fashionMnist({ directory: path }))).toBe(
      `file_unreadable: expected the files of Fashion-MNIST in ${path}, received none called train-labels-idx1-ubyte.gz, ` +
        't10k-images-idx3-ubyte.gz. Install them with: apt-get install dataset-fashion-mnist (Debian), or give the directory that has them',
    );
  });

  it('checks its options', async () => {
    expect(await rejectionOf(fashionMnist({ directory: 3 } as never))).toBe(
      'invalid_argument: expected the path of a file for directory of fashionMnist, received 3',
    );
    expect(await rejectionOf(fashionMnist({ path: '/x' } as never))).toBe(
      'invalid_argument: unknown option "path" in fashionMnist; known: directory',
    );
  });

  it('reads what Debian installs', async ({ skip }) => {
    const missing = await missingFiles(fashionMnistDirectory);
    skip(missing.length > 0, 'needs the files: apt-get install dataset-fashion-mnist');
    const { train, test } = await fashionMnist();
    expect([train.samples, test.samples, train.inputShape]).toEqual([60_000, 10_000, [1, 28, 28]]);
  }, 120_000); // 70 000 images: seconds, more beside other work
});
