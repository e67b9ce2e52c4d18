import { expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { dense } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { normals } from '../../src/network/random.js';
import { adam, sgd } from '../../src/population/optimizers.js';
import { Population } from '../../src/population/population.js';
import { fineTune } from '../../src/training/fine-tune.js';
import { rejectionOf } from '../failure.js';

const inputs = normals({ seed: 1, trial: 0, purpose: 'trainInputs', part: 0 }, 50 * 3, 1);
const targets = Float64Array.from({ length: 50 }, (_, i) => Math.sin(inputs[3 * i] as number));
const data = Dataset.create({ inputs, inputCount: 3, targets });
const network = Network.create(
  { inputs: 3, layers: [dense(8, { activation: 'tanh' }), dense(1)] },
  { seed: 2, dtype: 'float64' },
);
const options = { data, optimizer: adam({ learningRate: 0.01 }), batchSize: 10, epochs: 7, seed: 3 };

it("trains as a population of one, from the network's numbers, without changing them", async () => {
  const before = network.parameters.slice();
  const tuned = await fineTune(network, options);
  expect(network.parameters).toEqual(before);
  expect(tuned.dtype).toBe('float64');
  const population = Population.create([{ ...options, network }], { dtype: 'float64' });
  await population.run(7);
  expect(tuned.parameters).toEqual(population.at(0).network().parameters);
  population.dispose();
  expect((await tuned.evaluate(data)).loss).toBeLessThan((await network.evaluate(data)).loss);
});

it('reports every so many epochs and at the end', async () => {
  const epochs: number[] = [];
  await fineTune(network, { ...options, every: 3, onReport: ({ epoch }) => epochs.push(epoch) });
  expect(epochs).toEqual([3, 6, 7]);
});

it('names a divergence, an interruption and an unknown option', async () => {
  const wild = { ...options, optimizer: sgd({ learningRate: 1e200 }), epochs: 50 };
  expect(await rejectionOf(fineTune(network, wild))).toMatch(
    /^diverged: student 0 \(seed 3, trial 0\) diverged at step \d+: /,
  );
  const aborted = fineTune(network, { ...options, signal: AbortSignal.abort(new Error('enough')) });
  expect(await rejectionOf(aborted)).toMatch(/^interrupted: /);
  expect(await rejectionOf(fineTune(network, { ...options, trial: 1 } as never))).toMatch(
    /^invalid_argument: unknown option "trial" in fineTune; known: data, /,
  );
});

it('refuses arguments that are not networks, and null options', async () => {
  expect(await rejectionOf(fineTune(null as never, options))).toBe(
    'invalid_argument: expected a Network for the first argument of fineTune, received null',
  );
  expect(await rejectionOf(fineTune(network, { ...options, signal: 0 as never }))).toMatch(
    /^invalid_argument: expected .* for signal.*, received 0$/,
  );
  expect(await rejectionOf(fineTune(network, { ...options, device: '' as never }))).toMatch(
    /^invalid_argument: expected one of .* for device, received ""/,
  );
});
