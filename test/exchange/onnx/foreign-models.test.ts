import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EigenstudentError } from '../../../src/errors.js';
import { exportOnnx, type LoadedNetwork, loadNetwork } from '../../../src/exchange/index.js';
import { outputsOf } from '../../../src/network/description.js';
import { seededRandom } from '../../../src/network/random.js';
import { mapped, relativeDifference } from '../fixtures.js';
import { ForeignImages } from './foreign-images.js';
import { type ForeignModel, ForeignModels } from './foreign-models.js';

/** EIGENSTUDENT_ONNX_MODELS tries more models, EIGENSTUDENT_ONNX_SEED others. */
const models = Number(process.env.EIGENSTUDENT_ONNX_MODELS ?? 400);
const seed = Number(process.env.EIGENSTUDENT_ONNX_SEED ?? 1);
/** Of the largest answer: both sides compute in float32, with their own erf, exp and tanh. */
const tolerance = 1e-5;

let folder: string;
let path: string;
let again: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-foreign-'));
  path = join(folder, 'model.onnx');
  again = join(folder, 'again.onnx');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Feed = Float32Array | Float64Array;
interface Answer {
  readonly names: readonly (readonly string[])[];
  readonly dims: readonly number[];
  readonly type: string;
  readonly data: ArrayLike<number>;
}

/** Undefined where onnxruntime refuses the model, or these samples. */
async function runtime(
  file: string,
  { shape }: ForeignModel,
  feed: Feed,
  graphOptimizationLevel: 'disabled' | 'all' = 'all',
): Promise<Answer | undefined> {
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(file, {
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
      graphOptimizationLevel,
    });
    const type = feed instanceof Float64Array ? 'float64' : 'float32';
    const { y } = await session.run({ x: new Tensor(type, feed, shape) });
    if (y === undefined) return undefined;
    const names = [session.inputNames, session.outputNames];
    return { names, dims: y.dims, type: y.type, data: y.data as Float32Array };
  } catch {
    return undefined;
  } finally {
    await session?.release();
  }
}

/** Images with the channels last are read as ones with the channels first, where the error says that this is possible. */
async function loaded(): Promise<LoadedNetwork | undefined> {
  try {
    return await loadNetwork(path).catch((error) => {
      if (!/inputLayout: 'channelsFirst'/.test(error.message)) throw error;
      return loadNetwork(path, { inputLayout: 'channelsFirst' });
    });
  } catch (error) {
    if (error instanceof EigenstudentError && error.code !== 'internal') return undefined;
    throw error;
  }
}

async function answersOf(
  { network, output, signature }: LoadedNetwork,
  feed: Feed,
  shape: readonly number[],
): Promise<readonly number[]> {
  const ordered = signature?.input.layout ? channelsFirst(feed, shape) : Array.from(feed);
  const typed = network.dtype === 'float32' ? Float32Array.from(ordered) : Float64Array.from(ordered);
  return mapped(await network.predict(typed), outputsOf(network.spec), output);
}

/** Images with the channels last, with the channels first. */
function channelsFirst(feed: Feed, [, height = 1, width = 1, channels = 1]: readonly number[]): number[] {
  const area = height * width;
  return Array.from(feed, (_, i) => {
    const [sample, place] = [Math.floor(i / (area * channels)), i % (area * channels)];
    return feed[sample * area * channels + (place % area) * channels + Math.floor(place / area)] as number;
  });
}

type Verdict = 'read' | 'refused' | 'invalid, refused' | 'invalid, read';

async function check(model: ForeignModel): Promise<Verdict> {
  await writeFile(path, model.bytes);
  const random = seededRandom(11);
  const count = model.shape.reduce((product, size) => product * size, 1);
  const numbers = Array.from({ length: count }, () => 2 * random() - 1);
  const feed = model.double ? Float64Array.from(numbers) : Float32Array.from(numbers);
  // optimised, onnxruntime 1.30 makes the zeros of a Pad in front of MaxPool that one's padding, which is minus infinity
  const theirs = await runtime(path, model, feed, 'disabled');
  const ours = await loaded();
  if (ours === undefined) return theirs ? 'refused' : 'invalid, refused';
  if (theirs === undefined) return 'invalid, read';
  expect(relativeDifference(await answersOf(ours, feed, model.shape), Array.from(theirs.data))).toBeLessThan(
    tolerance,
  );
  const { output, signature } = ours;
  await exportOnnx(ours.network, again, { output, ...(signature && { signature }) });
  const written = await runtime(again, model, feed);
  expect(written).toMatchObject({ names: theirs.names, dims: theirs.dims, type: theirs.type });
  expect(relativeDifference(Array.from(written?.data ?? []), Array.from(theirs.data))).toBeLessThan(
    tolerance,
  );
  return 'read';
}

it.each([
  ['of dense layers', ForeignModels],
  ['of images', ForeignImages],
] as const)(
  'ONNX models %s of other packages are read as onnxruntime runs them, sample for sample, or refused; what is read is written with its names and shapes',
  {
    timeout: 3_600_000,
  },
  async (_, Models) => {
    const counts: Record<Verdict, number> = {
      read: 0,
      refused: 0,
      'invalid, refused': 0,
      'invalid, read': 0,
    };
    const tape = fc.array(fc.nat(1000), { minLength: 160, maxLength: 160 });
    await fc.assert(
      fc.asyncProperty(tape, async (numbers) => {
        const model = new Models(numbers).make();
        try {
          ++counts[await check(model)];
        } catch (cause) {
          throw new Error(model.text, { cause });
        }
      }),
      { numRuns: models, seed },
    );
    if (models > 1000) console.log(counts);
    expect(counts.read).toBeGreaterThan(models / 10);
    expect(counts.refused).toBeGreaterThan(models / 10);
  },
);
