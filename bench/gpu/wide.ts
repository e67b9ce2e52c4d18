/**
 * `node wide.js SECONDS PEAK_TERAFLOPS`: a wide student, 784-8192-8192-10 in batches of 4096, full float32; and one spectral
 * layer forward and backward on device arrays, timed on the device. Prints one row a line.
 */
import {
  adam,
  Dataset,
  DeviceArray,
  dense,
  deviceKernels,
  gaussianInputs,
  Population,
  spectral,
} from 'eigenstudent';
import { median, type Row, spreadPercent } from './row.js';

const [seconds, peakTeraflops] = process.argv.slice(2).map(Number) as [number, number];
const batch = 4096;

async function step(): Promise<Row> {
  const [inputs, width, outputs] = [784, 8192, 10];
  const data = Dataset.create({
    inputs: gaussianInputs({ samples: batch, features: inputs, seed: 1, purpose: 'train' }),
    inputCount: inputs,
    classes: Array.from({ length: batch }, (_, i) => i % outputs),
  });
  const layers = [
    spectral(width, { activation: 'relu' }),
    spectral(width, { activation: 'relu' }),
    dense(outputs),
  ];
  const student = {
    layers,
    data,
    loss: 'crossEntropy' as const,
    optimizer: adam({ learningRate: 1e-4 }),
    batchSize: batch,
  };
  const population = Population.create([{ ...student, epochs: 1_000_000, seed: 1 }], { device: 'cuda' });
  const times = await samplesOf(async (epoch) => population.run(epoch));
  population.dispose();
  // forward and gradient in every layer, backward in all but the first
  const weights = inputs * width + width * width + width * outputs;
  const operations = 2 * batch * (2 * weights + width * width + width * outputs);
  return rowOf('step/wide/784-8192-8192-10/float32', times, operations);
}

/** Milliseconds of each call until the time is up; one step is an epoch. */
async function samplesOf(run: (epoch: number) => Promise<void>): Promise<number[]> {
  for (let epoch = 1; epoch <= 3; ++epoch) await run(epoch);
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (times.length < 5 || performance.now() < end) {
    const start = performance.now();
    await run(4 + times.length);
    times.push(performance.now() - start);
  }
  return times;
}

function layers(inputs: number, outputs: number): Row[] {
  const sizes = { batch, inputs, outputs };
  const random = (length: number, seed: number) =>
    DeviceArray.from(
      Float32Array.from(gaussianInputs({ samples: length, features: 1, seed, purpose: 'train' })),
    );
  const tensors = {
    x: random(batch * inputs, 1),
    eigenvectors: random(outputs * inputs, 2),
    eigenvaluesIn: random(inputs, 3),
    eigenvaluesOut: random(outputs, 4),
  };
  const delta = random(batch * outputs, 5);
  const y = DeviceArray.zeros(batch * outputs);
  const gradients = {
    gradEigenvectors: DeviceArray.zeros(outputs * inputs),
    gradEigenvaluesIn: DeviceArray.zeros(inputs),
    gradEigenvaluesOut: DeviceArray.zeros(outputs),
    gradX: DeviceArray.zeros(batch * inputs),
  };
  const calls = (work: () => { milliseconds: number }) =>
    Array.from({ length: 20 }, () => work().milliseconds).slice(3);
  const forward = calls(() => deviceKernels.spectralForward({ ...sizes, ...tensors, y }));
  const backward = calls(() => deviceKernels.spectralBackward({ ...sizes, ...tensors, delta, ...gradients }));
  const operations = 2 * batch * inputs * outputs;
  return [
    rowOf(`layer/spectral/forward/${inputs}-${outputs}`, forward, operations),
    rowOf(`layer/spectral/backward/${inputs}-${outputs}`, backward, 2 * operations),
  ];
}

function rowOf(name: string, milliseconds: readonly number[], operations: number): Row {
  const teraflops = operations / (median(milliseconds) * 1e9);
  return {
    name,
    milliseconds: median(milliseconds),
    spreadPercent: spreadPercent(milliseconds),
    teraflops,
    fractionOfPeak: teraflops / peakTeraflops,
  };
}

function print(row: Row): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

try {
  for (const row of layers(2048, 2048)) print(row); // first, so that they stand where the step takes too long
  print(await step());
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
