/** Running statistics measured again on data. */
import { describe, expect, it } from 'vitest';
import {
  activation,
  batchNorm,
  conv2d,
  dense,
  flatten,
  Network,
  pruneNetwork,
  recalibrate,
} from '../../src/index.js';
import { rejectionOf } from '../failure.js';
import { dataOf, networkOf } from './image-networks.js';

const close = (found: Float64Array, expected: readonly number[]) =>
  expect(Array.from(found)).toEqual(expected.map((value) => expect.closeTo(value, 12)));

/** The rows of a tensor. */
function _rows(network: Network, name: string): number[][] {
  const values = Array.from(network.tensor(name));
  const size = values.length / (network.shape(name)[0] as number);
  return Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size));
}
const _norm = (row: readonly number[]) => Math.hypot(...row);
const _sum = (row: readonly number[]) => row.reduce((total, value) => total + Math.abs(value), 0);

describe('recalibrate', () => {
  const layers = [conv2d(3, 3), batchNorm(), activation('tanh'), flatten(), dense(4), batchNorm(), dense(3)];
  const network = networkOf(layers);
  const data = dataOf(3, 10);

  it('gives the means over batches of mean and unbiased variance', async () => {
    const found = await recalibrate(network, data, { batchSize: 4 });
    expect(found.parameters).toEqual(network.parameters);
    const first = Network.from(
      { inputs: [2, 6, 6], layers: [layers[0] as never] },
      network.tensor('layers.0.weights').slice(),
    );
    const z = await first.predict(data); // [10][3][4][4]
    const moments = [0, 1, 2].map((channel) => {
      const of = [
        [0, 4],
        [4, 8],
        [8, 10],
      ].map(([from = 0, to = 0]) => {
        const values = Array.from({ length: to - from }, (_, i) => {
          const at = ((from + i) * 3 + channel) * 16;
          return Array.from(z.slice(at, at + 16));
        }).flat();
        const mean = values.reduce((total, value) => total + value, 0) / values.length;
        return [mean, values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1)];
      });
      return [0, 1].map((k) => of.reduce((total, batch) => total + (batch[k] as number), 0) / 3);
    });
    close(
      Float64Array.from(found.tensor('layers.1.runningMean')),
      moments.map(([mean = 0]) => mean),
    );
    close(
      Float64Array.from(found.tensor('layers.1.runningVariance')),
      moments.map(([, variance = 0]) => variance),
    );
  });

  it('of one batch predicts as the statistics of the batch do, but for the unbiased variance', async () => {
    const found = await recalibrate(network, data);
    const wanted = await network.predict(data, { statistics: 'batch' });
    const got = await found.predict(data);
    // variances are over 9 instead of 10 in the second batch norm: 5 % of its outputs
    for (const [i, value] of wanted.entries()) expect(Math.abs((got[i] as number) - value)).toBeLessThan(0.5);
    expect(got).not.toEqual(await network.predict(data));
    const again = await recalibrate(found, data);
    expect(again.buffers).toEqual(found.buffers); // what was there before does not count
  });

  it('is an option of pruneNetwork', async () => {
    const options = { keep: 2, criterion: 'l1', recalibrate: data, data } as const;
    const { network: pruned, recalibrated, metric } = await pruneNetwork(network, options);
    expect(recalibrated).toBe(true);
    const { network: stale } = await pruneNetwork(network, { keep: 2, criterion: 'l1' });
    expect(pruned.buffers).toEqual((await recalibrate(stale, data)).buffers);
    expect(metric?.after).toBe((await pruned.evaluate(data)).loss);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a network without batch norm',
      () => recalibrate(networkOf([flatten(), dense(3)]), data),
      'invalid_argument: expected a network with batch norm for recalibrate, received one without: it has no running statistics. Leave it out',
    ],
    [
      'the option for such a network',
      () => pruneNetwork(networkOf([flatten(), dense(3), dense(3)]), { keep: 1, recalibrate: data }),
      'invalid_argument: expected a network with batch norm for recalibrate of pruneNetwork, received one without: it has no running ' +
        'statistics. Leave it out',
    ],
    [
      'a batch of one sample',
      () => recalibrate(network, data, { batchSize: 3 }),
      'invalid_argument: expected batches of at least 2 samples for batchSize of recalibrate, received 3. Layer 5 has a single value per ' +
        'unit in a batch of one sample, and 10 samples leave such a batch',
    ],
    [
      'no batch',
      () => recalibrate(network, data, { batchSize: 0 }),
      'invalid_argument: expected a positive integer for batchSize of recalibrate, received 0',
    ],
    [
      'other data',
      () =>
        recalibrate(
          networkOf([conv2d(2, 3), batchNorm(), flatten(), dense(1)]),
          dataOf(1).constructor as never,
        ),
      'invalid_argument: expected a Dataset (see Dataset.create) for data of recalibrate, received a function',
    ],
  ])('refuses %s', async (_, call, message) => {
    expect(await rejectionOf(call())).toBe(message);
  });
});
