/** Time and size of a network before and after the cut. */
import { percentile } from '../../analysis/percentile.js';
import type { FloatArray } from '../../native/addon.js';
import type { Dataset } from '../../network/dataset.js';
import { inputsOf, isMatrixChain, matrixChainOf } from '../../network/description.js';
import { parameterCount } from '../../network/layout.js';
import { multiplyAdds } from '../../network/multiply-adds.js';
import type { Network } from '../../network/network.js';
import { normals } from '../../network/random.js';
import type { BeforeAndAfter } from '../../pruning/prune-network.js';

/** Milliseconds of one prediction of `batch` samples. */
export interface BatchTime extends BeforeAndAfter {
  readonly batch: number;
}

const largestBatch = 100; // arbitrary
const evaluations = 7; // arbitrary; odd, so that the median is one of them

/**
 * Medians of the times of predictions on the CPU, measured in turns after one of each that is not counted. Each includes handing the
 * parameters to native code.
 * @param data its first samples are predicted; without data, normal numbers
 */
async function millisecondsPerBatch(
  before: Network,
  after: Network,
  data: Dataset | undefined,
): Promise<BatchTime> {
  const { inputs } = before.spec;
  const batch = Math.min(largestBatch, data?.samples ?? largestBatch);
  const stream = { seed: 0, trial: 0, purpose: 'freeUse' } as const;
  const values = data?.inputs.subarray(0, batch * inputs) ?? normals(stream, batch * inputs);
  const times = { before: [] as number[], after: [] as number[] };
  for (let k = 0; k <= evaluations; ++k) {
    const [first, second] = [await timeOf(before, values), await timeOf(after, values)];
    if (k === 0) continue;
    times.before.push(first);
    times.after.push(second);
  }
  return { batch, before: median(times.before), after: median(times.after) };
}

async function timeOf(network: Network, inputs: FloatArray): Promise<number> {
  const start = performance.now();
  await network.predict(inputs);
  return performance.now() - start;
}

function median(times: readonly number[]): number {
  return Number(percentile(Float64Array.from(times), 50).toPrecision(3));
}

/** What a network costs, before and after the cut. */
export interface Cost {
  /** Exported numbers: of a chain matrices and biases, as eigenvalues are part of the matrices; else all of the network. */
  readonly parameters: BeforeAndAfter;
  /** Per sample; see PrunedNetwork. */
  readonly multiplyAdds: BeforeAndAfter;
  readonly milliseconds: BatchTime;
}

/** @param data of which a batch is predicted */
export async function costOf(before: Network, after: Network, data: Dataset | undefined): Promise<Cost> {
  return {
    parameters: { before: numbersIn(before), after: numbersIn(after) },
    multiplyAdds: { before: multiplyAdds(before.spec), after: multiplyAdds(after.spec) },
    milliseconds: await millisecondsPerBatch(before, after, data),
  };
}

function numbersIn({ spec }: Network): number {
  if (!isMatrixChain(spec)) return parameterCount(spec);
  return matrixChainOf('export it', spec).reduce(
    (sum, { width, tensors }, layer) => sum + width * (inputsOf(spec, layer) + ('bias' in tensors ? 1 : 0)),
    0,
  );
}

export function costText({ parameters, multiplyAdds: products, milliseconds }: Cost): string {
  const { batch, ...time } = milliseconds;
  return (
    `${parameters.before} numbers before, ${parameters.after} after.\n` +
    `${products.before} multiply-adds per sample before, ${products.after} after.\n` +
    `${time.before} ms per batch of ${batch} samples before, ${time.after} ms after, measured.`
  );
}
