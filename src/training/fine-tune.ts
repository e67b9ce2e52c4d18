import { knownKeys } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { DeviceOptions } from '../network/device.js';
import { checkNetwork, type Network } from '../network/network.js';
import { Population } from '../population/population.js';
import type { StudentOptions } from '../population/student-options.js';
import type { TrainOptions } from './options.js';
import { train } from './train.js';

/**
 * Trainable tensors and penalties are those of the network; the other options are as for students of a
 * population.
 */
export type FineTuneOptions = Pick<
  StudentOptions,
  'data' | 'optimizer' | 'batchSize' | 'epochs' | 'seed' | 'phases' | 'augment'
> &
  Pick<TrainOptions, 'every' | 'signal' | 'onReport'> &
  DeviceOptions;

const keys = [
  ...['data', 'optimizer', 'batchSize', 'epochs', 'seed', 'phases', 'augment'],
  ...['every', 'signal', 'onReport', 'device', 'devices'],
];

/**
 * Trains an existing network: a population of one student that starts with its parameters, in its dtype.
 * Returns a new network.
 * @throws invalid_argument, data_mismatch; diverged; interrupted
 */
export async function fineTune(network: Network, options: FineTuneOptions): Promise<Network> {
  knownKeys('fineTune', options, keys);
  checkNetwork('the first argument of fineTune', network);
  const [tuned] = await fineTuneAll([network], options);
  if (tuned instanceof EigenstudentError) throw tuned;
  return tuned as Network;
}

/**
 * As fineTune, for several networks of one dtype side by side, in one population: each gets the numbers that it would get alone.
 * @returns per network the trained one, or the reason why it diverged
 * @throws invalid_argument, data_mismatch; interrupted
 */
export async function fineTuneAll(
  networks: readonly Network[],
  options: FineTuneOptions,
): Promise<(Network | EigenstudentError)[]> {
  const { every, signal, onReport, device, devices, ...student } = options;
  const [{ dtype }] = networks as readonly [Network];
  const population = Population.create(
    networks.map((network) => ({ ...student, network })),
    { dtype, device, devices },
  );
  try {
    const reports = train(population, { every, signal, onReport });
    const diverged = new Map<number, EigenstudentError>();
    for await (const { divergences } of reports)
      for (const { student: index, message } of divergences)
        diverged.set(index, new EigenstudentError('diverged', message));
    return networks.map((_, index) => diverged.get(index) ?? population.at(index).network());
  } finally {
    population.dispose();
  }
}
