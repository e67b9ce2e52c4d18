/** Forward passes, losses, gradients and buffers against PyTorch: every case of the folder, on every backend. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adam, type Network, Population } from '../../src/index.js';
import { build, type Case } from './replay.js';

const folder = new URL('conv-golden/', import.meta.url);
const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Case);

/** Relative, against max(1, |expected|); the oracle computes in float64 too. */
const tolerance = 1e-10;

function near(what: string, got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length, what).toBe(expected.length);
  for (let i = 0; i < expected.length; ++i) {
    const wanted = expected[i] as number;
    const error = Math.abs((got[i] as number) - wanted) / Math.max(1, Math.abs(wanted));
    if (!(error <= tolerance)) expect.fail(`${what}[${i}]: expected ${wanted}, received ${got[i]}`);
  }
}

/** The name here of a tensor that the case calls "node.tensor". */
function ours(golden: Case, name: string): string {
  const [node, tensor] = name.split('.');
  return `layers.${golden.graph.findIndex((one) => one.name === node)}.${tensor}`;
}

function populationOf(
  network: Network,
  data: Parameters<typeof Population.create>[0][number]['data'],
  device: 'cpu' | 'reference',
) {
  const { layers, loss } = network.spec;
  const student = {
    network,
    layers,
    loss,
    data,
    optimizer: adam({ learningRate: 0 }),
    batchSize: 1e6,
    epochs: 1,
    seed: 0,
  };
  return Population.create([student], { device, dtype: 'float64' });
}

describe.each(['reference', 'cpu'] as const)('conv-golden on %s', (device) => {
  it.for(cases.map((golden) => [golden.name, golden] as const))('%s', async ([, golden]) => {
    expect(golden.format).toBe('conv-golden-1');
    const { network, data } = build(golden);
    using population = populationOf(network, data, device);
    const student = population.at(0);
    const statistics = golden.mode === 'eval' ? 'running' : 'batch';
    const hasStatistics = network.buffers.length > 0;
    const options = hasStatistics ? ({ statistics } as const) : {};
    const [output] = Object.values(golden.expect.outputs);
    near('output', await student.predict(data, options), output?.data ?? []);
    const { dataLoss, penalty, gradients, inputs } = await student.gradients(data, {
      ...options,
      inputs: true,
    });
    near('losses', [dataLoss, penalty], [golden.expect.dataLoss, golden.expect.penalty]);
    near('evaluated', [(await student.evaluate(data, options)).loss], [golden.expect.dataLoss]);
    for (const [name, { data: wanted }] of Object.entries(golden.expect.gradients))
      near(name, (name === 'x' ? inputs : gradients.get(ours(golden, name))) ?? [], wanted);
    if (golden.mode !== 'train') return;
    await population.run(1);
    for (const [name, { data: wanted }] of Object.entries(golden.expect.buffers ?? {}))
      near(name, student.network().tensor(ours(golden, name)), wanted);
  });

  it('has cases of every loss', () => {
    expect(new Set(cases.map(({ loss }) => loss.kind))).toEqual(
      new Set([
        ...['upstream', 'distillation', 'softCrossEntropy', 'crossEntropy', 'factor', 'meanAbsoluteError'],
      ]),
    );
  });
});
