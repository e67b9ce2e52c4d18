/** Gradient flows: of networks on data sets, ends and their reasons, threads, bad input. */
import { describe, expect, it } from 'vitest';
import { Dataset, dense, Network, spectral } from '../../src/index.js';
import { normals } from '../../src/network/random.js';
import {
  type GradientFlowOptions,
  gradientFlow,
  gradientFlows,
  orthonormalTeacher,
  populationLoss,
} from '../../src/theory.js';
import { rejectionOf } from '../failure.js';

const draw = (part: number, count: number, scale = 1) =>
  normals({ seed: 5, trial: 0, purpose: 'freeUse', part }, count, scale);
const loss = populationLoss({
  activation: 'scaledErf',
  teacher: orthonormalTeacher({ neurons: 4, inputs: 5 }),
});
const starts = Array.from({ length: 6 }, (_, i) => draw(i, 18, 0.5));

const samples = 40;
const data = Dataset.create({
  inputs: draw(20, samples * 3),
  inputCount: 3,
  targets: draw(21, samples * 2),
});

describe('gradientFlow on a data set', () => {
  it('of a linear network is the least-squares solution, along the exact path', async () => {
    const network = Network.create({ inputs: 3, layers: [dense(1)] }, { seed: 1, dtype: 'float64' });
    // y = 2 x_0 - x_2 exactly: the flow decays along the eigenvectors of the second moments
    const x = draw(20, samples * 3);
    const targets = Float64Array.from(
      { length: samples },
      (_, i) => 2 * (x[3 * i] as number) - (x[3 * i + 2] as number),
    );
    const exact = Dataset.create({ inputs: x, inputCount: 3, targets });
    for (const device of ['cpu', 'reference'] as const) {
      const flow = await gradientFlow({ data: exact, device }, network, { gradientNorm: 1e-9 });
      expect(flow.end).toBe('minimum');
      for (const [i, want] of [2, 0, -1].entries())
        expect(Math.abs((flow.parameters[i] as number) - want)).toBeLessThan(1e-12);
      expect(flow.loss).toBeLessThan(1e-24);
      expect(flow.eigenvalues.length).toBe(3);
      expect(flow.smallestEigenvalue).toBeGreaterThan(0.1);
    }
  });

  it('of a spectral network descends; both solvers and both devices follow one path', async () => {
    const network = Network.create(
      { inputs: 3, layers: [spectral(4, { activation: 'tanh' }), dense(2, { bias: true })] },
      { seed: 3, dtype: 'float64' },
    );
    const before = network.parameters.slice();
    const options = { times: [0.5, 2], time: 2, relativeError: 1e-9, absoluteError: 1e-11 };
    const flows = [];
    for (const solver of ['stiff', 'nonstiff'] as const)
      for (const device of ['cpu', 'reference'] as const)
        flows.push(await gradientFlow({ data, device }, network, { ...options, solver }));
    const [first] = flows;
    for (const flow of flows) {
      expect(flow.end).toBe('time');
      for (const [k, point] of flow.path.entries())
        for (const [i, value] of point.parameters.entries())
          expect(Math.abs(value - (first?.path[k]?.parameters[i] as number))).toBeLessThan(1e-7);
      const { loss: losses } = flow.trace;
      for (let i = 1; i < losses.length; ++i) expect(losses[i]).toBeLessThan(losses[i - 1] as number);
    }
    expect(network.parameters).toEqual(before);
  });

  it('leaves frozen tensors alone', async () => {
    const layers = [
      spectral(4, { activation: 'tanh', trainable: ['eigenvaluesIn', 'eigenvaluesOut'] }),
      dense(2),
    ];
    const network = Network.create({ inputs: 3, layers }, { seed: 3, dtype: 'float64' });
    const { parameters } = await gradientFlow({ data }, network, { time: 1 });
    const moved = Network.from({ inputs: 3, layers }, parameters);
    expect(moved.tensor('layers.0.eigenvectors')).toEqual(network.tensor('layers.0.eigenvectors'));
    expect(moved.tensor('layers.1.weights')).not.toEqual(network.tensor('layers.1.weights'));
  });
});

describe('gradientFlow on a population loss', () => {
  it('gives the same bits for any number of threads, alone and among others', async () => {
    const together = await gradientFlows(loss, starts, { threads: 3 });
    const after = await gradientFlows(loss, starts, { threads: 1 });
    const alone = await gradientFlow(loss, starts[2] as Float64Array);
    expect(after).toEqual(together);
    expect(alone).toEqual(together[2]);
    for (const flow of together) expect(flow).toMatchObject({ end: 'minimum', polished: true });
  });

  it.each<[string, GradientFlowOptions, string]>([
    ['time', { time: 0.5 }, 'did not arrive within time 0.5. A longer time may do'],
    ['loss', { lossBelow: 0.5 }, 'the loss fell to lossBelow'],
    ['steps', { steps: 4 }, 'did not arrive within 4 steps. More of them, or larger errors per step, may do'],
    [
      'stiff',
      { solver: 'nonstiff', steps: 1000 },
      "did not arrive within 1000 steps, which were as long as stability allows: the flow is stiff. Take the solver 'stiff'",
    ],
  ])('says why it ended: %s', async (end, options, reason) => {
    const start = { weights: [[2, 0.1, 0, 0, 0]], outgoing: [1.5] };
    const flow = await gradientFlow(loss, start, options);
    expect(flow).toMatchObject({ end, reason, converged: false });
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const running = gradientFlows(loss, starts, { relativeError: 1e-13, signal: controller.signal });
    controller.abort(new Error('enough'));
    expect(await rejectionOf(running)).toBe(
      'interrupted: gradientFlows() was ended by its signal before it had its result',
    );
  });
});

describe('gradientFlow refuses', () => {
  const network = Network.create({ inputs: 3, layers: [dense(2)] }, { seed: 1 });
  const of = (objective: unknown, start: unknown, options?: object) =>
    rejectionOf(gradientFlow(objective as typeof loss, start as Float64Array, options));

  it.each<[string, () => Promise<string>, string]>([
    [
      'an objective of another kind',
      () => of(3, network),
      'invalid_argument: expected a PopulationLoss or { data, loss? } for objective of gradientFlow, received 3',
    ],
    [
      'a network on a population loss',
      () => of(loss, network),
      'invalid_argument: expected weights and outgoing weights for start of gradientFlow, received an object (Network). Networks flow on data sets',
    ],
    [
      'a start of another size',
      () => of(loss, new Float64Array(7)),
      'invalid_argument: expected a multiple of 6 numbers, 5 weights and an outgoing weight per neuron for student of gradientFlow, received Float64Array(7)',
    ],
    [
      'times that go back',
      () => of(loss, starts[0], { times: [1, 0.5] }),
      'invalid_argument: expected finite times from 0, upwards for times of gradientFlow[1], received 0.5',
    ],
    [
      'starts of two sizes',
      () => rejectionOf(gradientFlows(loss, [starts[0] as Float64Array, new Float64Array(6)])),
      'invalid_argument: expected 18 numbers, as many as starts[0] has for starts[1] of gradientFlows, received Float64Array(6)',
    ],
  ])('%s', async (_, call, message) => {
    expect(await call()).toBe(message);
  });

  it('a network of other inputs than the data', async () => {
    const other = Network.create({ inputs: 4, layers: [dense(2)] }, { seed: 1 });
    expect(await of({ data }, other)).toMatch(/^data_mismatch: /);
  });
});
