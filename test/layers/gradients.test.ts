/** Gradients of networks that are no chains, against central differences of the loss; in float64. */
import { describe, expect, it } from 'vitest';
import { type Dataset, type Network, Population, sgd } from '../../src/index.js';
import { branched, data, inputs, network, normalised, residual, twoTerms } from './networks.js';

const devices = ['reference', 'cpu'] as const;
const step = 1e-6;

async function lossOf(of: Network, samples: Dataset, device: (typeof devices)[number]): Promise<number> {
  const options = of.buffers.length > 0 ? ({ statistics: 'batch', device } as const) : { device };
  const { loss } = await of.evaluate(samples, options);
  return loss;
}

describe.each(devices)('gradients on %s', (device) => {
  it.each([
    ['a layer that two others read, add, concat, batch norm', branched(), 'mse' as const],
    ['terms at two layers', branched(), twoTerms],
    ['depth', normalised(3), 'mse' as const],
    ['residual blocks', residual(), 'mse' as const],
  ])('agree with central differences: %s', async (_, layers, loss) => {
    const start = network(layers, loss);
    const samples = data();
    using population = Population.create(
      [
        {
          network: start,
          data: samples,
          optimizer: sgd({ learningRate: 1 }),
          batchSize: 99,
          epochs: 1,
          seed: 0,
        },
      ],
      { device, dtype: 'float64' },
    );
    const [found] = await population.gradients(samples, { inputs: true });
    const difference = async (change: (by: number) => [Network, Dataset]) =>
      ((await lossOf(...change(step), device)) - (await lossOf(...change(-step), device))) / (2 * step);
    let offset = 0;
    for (const [name, gradient] of found?.gradients ?? []) {
      const options = layers[Number(name.split('.')[1])]?.tensors as Record<
        string,
        { l2: number; groupLasso?: number }
      >;
      const { l2, groupLasso = 0 } = options[name.split('.')[2] as string] as {
        l2: number;
        groupLasso?: number;
      };
      for (let i = 0; i < gradient.length; ++i) {
        const at = offset + i;
        const wanted = await difference((by) => {
          const moved = start.clone();
          moved.parameters[at] = (moved.parameters[at] as number) + by;
          return [moved, samples];
        });
        const value = start.parameters[at] as number;
        const row = start.tensor(name).length / (start.shape(name)[0] as number);
        const first = Math.floor(i / row) * row;
        const norm = Math.hypot(...start.tensor(name).subarray(first, first + row));
        const penalty = 2 * l2 * value + (groupLasso * value) / norm;
        const trainable = start.spec.layers[Number(name.split('.')[1])]?.tensors as Record<
          string,
          { trainable: boolean }
        >;
        if (!trainable[name.split('.')[2] as string]?.trainable) expect(gradient[i], name).toBe(0);
        else expect(Math.abs((gradient[i] as number) - wanted - penalty), `${name}[${i}]`).toBeLessThan(1e-7);
      }
      offset += gradient.length;
    }
    for (let i = 0; i < samples.samples * inputs; ++i) {
      const wanted = await difference((by) => {
        const moved = Float64Array.from(samples.inputs);
        moved[i] = (moved[i] as number) + by;
        return [start, withInputs(samples, moved)];
      });
      expect(Math.abs((found?.inputs?.[i] as number) - wanted), `x[${i}]`).toBeLessThan(1e-7);
    }
  });

  it('of several students are those of each alone, and leave the event loop free', async () => {
    const students = [branched(), normalised(2), normalised(1)].map((layers) => ({
      network: network(layers),
      data: data(),
      optimizer: sgd({ learningRate: 1 }),
      batchSize: 99,
      epochs: 1,
      seed: 0,
    }));
    using together = Population.create(students, { device, dtype: 'float64' });
    const pending = together.gradients([data(), null, data()]);
    expect(together.busy).toBe(true);
    const [first, none, third] = await pending;
    expect(none).toBeNull();
    for (const [i, found] of [
      [0, first],
      [2, third],
    ] as const) {
      using alone = Population.create([students[i] as (typeof students)[number]], {
        device,
        dtype: 'float64',
      });
      expect(await alone.at(0).gradients(data())).toEqual(found);
      expect(alone.at(0).gradient(data())).toEqual(found);
    }
  });
});

function withInputs(samples: Dataset, moved: Float64Array): Dataset {
  const { targets, named, inputCount } = samples;
  return (samples.constructor as typeof Dataset).create({
    inputs: moved,
    inputCount,
    targets: targets as Float64Array,
    named,
  });
}
