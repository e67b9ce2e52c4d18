/** The binary version of CIFAR-10: a class and 3 x 32 x 32 bytes for each image, nothing else. */
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { describeForeign } from '../files/file-kind.js';
import { Dataset } from '../network/dataset.js';
import { allocateBytes, ByteSource } from './byte-source.js';
import { invalidData } from './labelled-samples.js';

const inputShape = [3, 32, 32] as const;
const pixels = 3 * 32 * 32;
const recordBytes = 1 + pixels;
const classes = 10;

/**
 * The images of `data_batch_1.bin` and its like, one file after the other, compressed with gzip or not. Inputs are the
 * pixels as numbers from 0 to 255: red, then green, then blue, each 32 x 32, row-major (inputShape [3, 32, 32]); see
 * normalizeInputs.
 * @throws file_unreadable; file_corrupt when a file does not hold a whole number of images; invalid_data when
 *   a class is not one of the ten
 */
export async function readCifar10(files: readonly string[]): Promise<Dataset> {
  if (!Array.isArray(files) || files.length === 0) throw invalid('readCifar10', 'a list of paths', files);
  const batches: Uint8Array[] = [];
  for (const file of files) batches.push(await readRecords(file));
  const images = batches.reduce((sum, batch) => sum + batch.length / recordBytes, 0);
  const inputs = new Float32Array(allocateBytes(4 * images * pixels, 'the images of CIFAR-10').buffer);
  const labels = new Uint32Array(images);
  let image = 0;
  for (const [i, batch] of batches.entries()) {
    for (let start = 0; start < batch.length; start += recordBytes, ++image) {
      const label = batch[start] as number;
      if (label >= classes) {
        if (start === 0) checkKind(batch, files[i] as string);
        const place = `image ${start / recordBytes}`;
        throw invalidData(`expected classes from 0 to 9 in ${files[i]}, received ${label} for ${place}`);
      }
      labels[image] = label;
      inputs.set(batch.subarray(start + 1, start + recordBytes), image * pixels);
    }
  }
  return Dataset.create({ inputs, inputShape, classes: labels });
}

async function readRecords(path: string): Promise<Uint8Array> {
  const source = await ByteSource.open(path);
  try {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const chunk = await source.next(Infinity);
      if (chunk === undefined) break;
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    if (bytes.length > 0 && bytes.length % recordBytes === 0) return bytes;
    checkKind(bytes, path);
    const expected = `a multiple of ${recordBytes} bytes, a class and ${pixels} pixels for each image`;
    const message = `${path} is not a readable CIFAR-10 file: expected ${expected}, received ${bytes.length}`;
    throw new EigenstudentError('file_corrupt', message);
  } finally {
    source.close();
  }
}

/** The format has no signature. @throws file_corrupt when the bytes have the signature of another format */
function checkKind(bytes: Uint8Array, path: string): void {
  const foreign = describeForeign(bytes);
  if (foreign === undefined) return;
  throw new EigenstudentError('file_corrupt', `${path} is not a readable CIFAR-10 file: it ${foreign}`);
}
