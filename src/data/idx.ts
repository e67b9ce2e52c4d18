/** The format of MNIST and Fashion-MNIST: two zeros, a kind, a number of dimensions, their sizes; all big-endian. */
import { invalid, knownKeys } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { describeForeign } from '../files/file-kind.js';
import type { Dataset } from '../network/dataset.js';
import { allocateBytes, ByteSource } from './byte-source.js';
import { labelledDataset } from './labelled-samples.js';
import type { NpyArray, NpyData } from './npy.js';

interface Kind {
  readonly dtype: string;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly view: (buffer: ArrayBuffer) => NpyData;
}

const kinds: Readonly<Record<number, Kind>> = {
  8: { dtype: 'uint8', bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  9: { dtype: 'int8', bytes: 1, view: (buffer) => new Int8Array(buffer) },
  11: { dtype: 'int16', bytes: 2, view: (buffer) => new Int16Array(buffer) },
  12: { dtype: 'int32', bytes: 4, view: (buffer) => new Int32Array(buffer) },
  13: { dtype: 'float32', bytes: 4, view: (buffer) => new Float32Array(buffer) },
  14: { dtype: 'float64', bytes: 8, view: (buffer) => new Float64Array(buffer) },
};

export interface IdxFiles {
  /**
   * Path; [samples, ...], whose other dimensions become the features of a sample. [samples, height, width] are images of one channel
   * (inputShape [1, height, width]), [samples, channels, height, width] images.
   */
  readonly images: string;
  /** Path; [samples], integers from 0. Without them the samples have no classes. */
  readonly labels?: string;
  /**
   * How many classes there are; a larger label is an error. Default: one more than the largest label, and
   * each class must occur. Give it for data in which a class does not occur.
   */
  readonly classCount?: number;
}

/**
 * The data set in IDX files, compressed with gzip or not: `{ images: 'train-images-idx3-ubyte.gz', labels: ... }`. Pixels are
 * numbers from 0 to 255; see normalizeInputs.
 * @throws as readIdxArray; invalid_data: counts that disagree, labels that are not classes
 */
export async function readIdx(files: IdxFiles): Promise<Dataset> {
  knownKeys('readIdx', files, ['images', 'labels', 'classCount']);
  if (typeof files.images !== 'string') throw invalid('images of readIdx', 'a path', files.images);
  const { images, labels, classCount } = files;
  return labelledDataset({
    inputs: { array: await readIdxArray(images), where: images },
    classes: labels === undefined ? undefined : { array: await readIdxArray(labels), where: labels },
    classCount,
  });
}

/**
 * The array of an IDX file, row-major. The file's size is checked against the header before memory is allocated.
 * @throws file_unreadable; file_corrupt: wrong magic, truncated, longer than its header says
 */
export async function readIdxArray(path: string): Promise<NpyArray> {
  const source = await ByteSource.open(path);
  try {
    const { kind, shape } = await readHeader(source);
    const bytes = shape.reduce((product, size) => product * size, kind.bytes);
    const described = `${shape.join(' x ')} numbers of dtype ${kind.dtype}, ${bytes} bytes`;
    const wrong = (follow: string) => corrupt(path, `its header describes ${described}; ${follow} it`);
    const available = source.most - 4 * (1 + shape.length);
    if (bytes > available) throw wrong(`${source.compressed ? 'at most' : 'only'} ${available} follow`);
    const numbers = allocateBytes(bytes, `the array of ${path}`);
    const filled = await source.fill(numbers);
    if (filled < bytes) throw wrong(`only ${filled} follow`);
    if (!(await source.atEnd())) throw wrong('more follow');
    const buffer = Buffer.from(numbers.buffer);
    if (kind.bytes === 2) buffer.swap16();
    if (kind.bytes === 4) buffer.swap32();
    if (kind.bytes === 8) buffer.swap64();
    return { shape, dtype: kind.dtype, data: kind.view(numbers.buffer as ArrayBuffer) };
  } finally {
    source.close();
  }
}

async function readHeader(source: ByteSource): Promise<{ kind: Kind; shape: number[] }> {
  const start = await source.peek();
  const magic = Buffer.alloc(4);
  const filled = await source.fill(magic);
  const [kind, dimensions] = [kinds[magic[2] as number], magic[3] as number];
  if (filled < 4 || magic.readUInt16BE(0) !== 0 || !kind || dimensions === 0) {
    const foreign = describeForeign(start, 'an IDX file');
    if (foreign !== undefined) throw corrupt(source.path, `it ${foreign}`);
    if (filled < 4) throw corrupt(source.path, `it has ${filled} bytes, too few for a header`);
    const received = magic.toString('hex').replace(/../g, '$& ').trim();
    const expected = 'a magic as in 00 00 08 03 (unsigned bytes, 3 dimensions)';
    throw corrupt(source.path, `expected ${expected}, received ${received}`);
  }
  const sizes = Buffer.alloc(4 * dimensions);
  if ((await source.fill(sizes)) < sizes.length) throw corrupt(source.path, 'it ends within its header');
  const shape = Array.from({ length: dimensions }, (_, i) => sizes.readUInt32BE(4 * i));
  return { kind, shape };
}

function corrupt(path: string, reason: string): EigenstudentError {
  return new EigenstudentError('file_corrupt', `${path} is not a readable IDX file: ${reason}`);
}
