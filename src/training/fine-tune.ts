import { knownKeys } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { DeviceOptions } from '../network/device.js';
import type { Network } from '../network/network.js';
import { Population } from '../network/population.js';
import type { StudentOptions } from '../network/student-options.js';
import type { TrainOptions } from './options.js';
import { train } from './train.js';

/** What trains, penalties included, is the network's own; the rest as for students of a population. */
export type FineTuneOptions = Pick<
  StudentOptions,
  'data' | 'optimizer' | 'batchSize' | 'epochs' | 'seed' | 'phases'
> &
  Pick<TrainOptions, 'every' | 'signal' | 'onReport'> &
  DeviceOptions;

const keys = [
  ...['data', 'optimizer', 'batchSize', 'epochs', 'seed', 'phases'],
  ...['every', 'signal', 'onReport', 'device', 'devices'],
];

/**
 * Trains a network that exists already: a population of one, begun with its numbers, in its dtype. Returns another network.
 * @throws invalid_argument, data_mismatch; diverged; interrupted
 */
export async function fineTune(network: Network, options: FineTuneOptions): Promise<Network> {
  knownKeys('fineTune', options, keys);
  const { every, signal, onReport, device, devices, ...student } = options;
  const population = Population.create([{ ...student, network }], {
    dtype: network.dtype,
    ...(device && { device }),
    ...(devices && { devices }),
  });
  try {
    const reports = train(population, {
      ...(every !== undefined && { every }),
      ...(signal && { signal }),
      ...(onReport && { onReport }),
    });
    for await (const { divergences } of reports) {
      const [divergence] = divergences;
      if (divergence) throw new EigenstudentError('diverged', divergence.message);
    }
    return population.at(0).network();
  } finally {
    population.dispose();
  }
}
