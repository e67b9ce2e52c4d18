/** Running statistics measured again after a cut. */
import { invalid, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { checkFits } from '../network/data-fit.js';
import { checkDataset, type Dataset } from '../network/dataset.js';
import { describe, sizeOf } from '../network/description.js';
import { checkNetwork, Network } from '../network/network.js';
import type { NetworkSpec } from '../network/network-spec.js';
import { type OptionsOf, optional, optionsCheck } from '../options.js';

/** @internal */
const checkOptions = optionsCheck({
  /** Samples per batch, all of them where there are fewer. Default 100, arbitrary: statistics of fewer are noisy. */
  batchSize: optional(positiveInteger, 100),
});
export interface RecalibrateOptions extends OptionsOf<typeof checkOptions> {}

/**
 * A copy of the network whose batch norms have the running statistics of these data: forward passes by the statistics of each batch,
 * of which the running mean and variance become the means over the batches (as PyTorch's with momentum=None; the last batch counts
 * like the others, and each variance is over n - 1). Parameters stay. Statistics go stale when units that later layers read are
 * removed. Batches are taken in the order of the data, on the CPU: training data in a random order suit, data sorted by class do not.
 * @throws invalid_argument for a network without batch norm, or a batch of one value per unit; data_mismatch; diverged where a
 *   statistic is not finite
 */
export async function recalibrate(
  network: Network,
  data: Dataset,
  options: RecalibrateOptions = {},
): Promise<Network> {
  const { batchSize } = checkOptions('recalibrate', options);
  checkNetwork('the first argument of recalibrate', network);
  checkHasStatistics('recalibrate', network.spec);
  checkFits('recalibrate', checkDataset('data of recalibrate', data), network.spec, false);
  checkBatches(network.spec, data.samples, batchSize);
  const buffers = await network.measureBuffers(data, Math.min(batchSize, data.samples));
  const broken = buffers.findIndex((value: number) => !Number.isFinite(value));
  if (broken >= 0)
    throw new EigenstudentError(
      'diverged',
      `expected finite statistics from recalibrate, received ${buffers[broken]}. The outputs of a layer overflow on these data`,
    );
  return Network.from(network.spec, network.parameters.slice(), buffers);
}

/** @throws invalid_argument @param where the option or function, for errors */
export function checkHasStatistics(where: string, spec: NetworkSpec): void {
  if (describe(spec).bufferScalars > 0) return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected a network with batch norm for ${where}, received one without: it has no running statistics. Leave it out`,
  );
}

/** Every batch needs two values per unit at least. */
function checkBatches(spec: NetworkSpec, samples: number, batchSize: number): void {
  const smallest = Math.min(samples, samples % batchSize || batchSize);
  const alone = spec.layers.findIndex(
    ({ kind }, layer) =>
      kind === 'batchNorm' &&
      smallest * (sizeOf(spec, layer) / (describe(spec).layers[layer]?.shape[0] as number)) < 2,
  );
  if (alone < 0) return;
  const advice = `Layer ${alone} has a single value per unit in a batch of one sample, and ${samples} samples leave such a batch`;
  throw invalid('batchSize of recalibrate', 'batches of at least 2 samples', batchSize, advice);
}
