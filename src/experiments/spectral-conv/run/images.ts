/** The images of a protocol, read once per process. */
import { readCsv } from '../../../data/csv.js';
import { fashionMnist } from '../../../data/fashion-mnist.js';
import { invalidData } from '../../../data/labelled-samples.js';
import { fitNormalization, normalizeInputs } from '../../../data/normalization.js';
import { withShape } from '../../../data/with-shape.js';
import { checkHash } from '../../../files/file-hash.js';
import { Dataset } from '../../../network/dataset.js';
import type { ImageShape } from '../../../network/image-shape.js';
import { permutation } from '../../../network/random.js';
import type { ImageData } from '../protocol/data-schema.js';

/** Images of training, and those that accuracy is measured on; standardised per channel by the former. */
export interface Images {
  readonly train: Dataset;
  readonly measured: Dataset;
  /** Number of classes. */
  readonly classes: number;
}

/** Samples of a data set, by their indices. */
interface Part {
  readonly data: Dataset;
  readonly indices: Uint32Array;
}

/** @throws file_unreadable, file_corrupt, invalid_data: fewer images than the protocol asks for, or of another size */
export async function readImages(data: ImageData): Promise<Images> {
  const { train, measured } = await partsOf(data);
  const raw = { train: pooled(train, data.pool), measured: pooled(measured, data.pool) };
  const classes = classCount(raw.train, raw.measured);
  const normalization = fitNormalization(raw.train, 'standardPerChannel');
  return {
    train: normalizeInputs(raw.train, normalization),
    measured: normalizeInputs(raw.measured, normalization),
    classes,
  };
}

/** @throws invalid_data where a class is measured that is not trained on */
function classCount(train: Dataset, measured: Dataset): number {
  const trained = new Set(train.classes);
  const count = Math.max(...trained) + 1;
  const unknown = measured.classes?.find((one) => !trained.has(one));
  if (unknown === undefined && trained.size === count) return count;
  throw invalidData(
    `expected every class among the ${train.samples} images of training, received ${trained.size} of ` +
      `${Math.max(count, (unknown ?? 0) + 1)}. Train on more images`,
  );
}

async function partsOf(data: ImageData): Promise<{ readonly train: Part; readonly measured: Part }> {
  const { train, test, measure } = data;
  const validates = measure === 'validation';
  if (data.csv) {
    const { file, label, shape, sha256 } = data.csv;
    if (sha256 !== undefined) await checkHash(file, sha256);
    const all = withShape((await readCsv(file, { label })).data, shape as unknown as ImageShape);
    requireImages(file, train + test + (validates ? test : 0), all.samples);
    const order = permutation({ seed: data.order, trial: 0, purpose: 'split' }, all.samples);
    const from = validates ? train : all.samples - test;
    return {
      train: { data: all, indices: order.slice(0, train) },
      measured: { data: all, indices: order.slice(from, from + test) },
    };
  }
  const read = await fashionMnist(data.fashionMnist);
  requireImages('the training file of Fashion-MNIST', train + (validates ? test : 0), read.train.samples);
  if (!validates) requireImages('the test file of Fashion-MNIST', test, read.test.samples);
  return {
    train: { data: read.train, indices: range(0, train) },
    measured: validates
      ? { data: read.train, indices: range(train, train + test) }
      : { data: read.test, indices: range(0, test) },
  };
}

function range(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, i) => from + i);
}

function requireImages(where: string, wanted: number, found: number): void {
  if (found >= wanted) return;
  throw invalidData(
    `expected ${wanted} images in ${where}, as data.train and data.test ask for, received ${found}. Use fewer`,
  );
}

/** These samples, each pixel the mean of pool x pool. */
function pooled({ data, indices }: Part, pool: number): Dataset {
  const [channels, height, width] = data.inputShape as ImageShape;
  if (height % pool !== 0 || width % pool !== 0)
    throw invalidData(
      `expected data.pool to divide the ${height} x ${width} pixels of an image, received ${pool}`,
    );
  const [rows, columns] = [height / pool, width / pool];
  const size = channels * rows * columns;
  const inputs = new Float32Array(indices.length * size);
  indices.forEach((sample, n) => {
    for (let pixel = 0; pixel < data.inputCount; ++pixel) {
      const [row, column] = [Math.floor(pixel / width), pixel % width]; // row counts over all channels
      const at = n * size + Math.floor(row / pool) * columns + Math.floor(column / pool);
      inputs[at] =
        (inputs[at] as number) + (data.inputs[sample * data.inputCount + pixel] as number) / pool ** 2;
    }
  });
  const classes = indices.map((sample) => (data.classes as Uint32Array)[sample] as number);
  return Dataset.create({ inputs, inputShape: [channels, rows, columns], classes });
}
