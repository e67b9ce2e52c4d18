/** What onnxruntime, which checks a model as it loads it, answers: the peer of this folder. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { LoadedNetwork } from '../../../src/exchange/index.js';
import { outputsOf } from '../../../src/network/description.js';
import { mapped } from '../fixtures.js';

export interface RuntimeAnswer {
  readonly input: string;
  readonly output: string;
  readonly dims: readonly number[];
  readonly type: string;
  readonly numbers: readonly number[];
}

/**
 * @param name of the input that is fed, so that another name fails
 * @param wanted name of the output; default: the first
 */
export async function runtimeAnswer(
  path: string,
  name: string,
  feed: Float32Array | Float64Array,
  shape: readonly number[],
  wanted?: string,
): Promise<RuntimeAnswer> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const type = feed instanceof Float64Array ? 'float64' : 'float32';
    const answers = await session.run({ [name]: new Tensor(type, feed, shape) });
    const [first] = session.outputNames as [string];
    const output = wanted ?? first;
    const { dims, type: kind, data } = answers[output] as Tensor;
    const numbers = Array.from(data as Float32Array);
    return { input: session.inputNames[0] as string, output, dims, type: kind, numbers };
  } finally {
    await session.release();
  }
}

/** Answers of a network that was read, with the softmax of its file. */
export async function ownAnswer({ network, output }: LoadedNetwork, feed: Float32Array): Promise<number[]> {
  return mapped(await network.predict(feed), outputsOf(network.spec), output);
}

export function samplesOf(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i));
}
