// Ctrl-C ends training after the current step and leaves a checkpoint; the next call continues bit for bit.
//   node examples/stop-and-continue.mjs [checkpoint file]
import { existsSync } from 'node:fs';
import {
  adam,
  alternating,
  EigenstudentError,
  Population,
  restoreCheckpoint,
  spectral,
  sum,
  Teacher,
  train,
} from 'eigenstudent';

const path = process.argv[2] ?? 'students.safetensors';
const data = await Teacher.committee({ inputs: 20, units: 4, seed: 0 }).dataset({
  train: 4000,
  validation: 1000,
  test: 1000,
  seed: 1,
});

// Eight students of one width that differ in their first values; eigenvalues and eigenvectors train in turns.
const population = Population.create(
  Array.from({ length: 8 }, (_, trial) => ({
    layers: [spectral(12, { activation: 'erf' }), sum()],
    data,
    optimizer: adam({ learningRate: 2e-3 }),
    batchSize: 100,
    epochs: 2000,
    seed: 2,
    trial,
    phases: alternating(10),
  })),
);
if (existsSync(path)) await restoreCheckpoint(population, path);

const controller = new AbortController();
process.once('SIGINT', () => controller.abort('Ctrl-C'));
try {
  const options = {
    every: 20,
    signal: controller.signal,
    earlyStopping: { patience: 10 },
    checkpoint: { path, everySeconds: 60 },
  };
  for await (const { epoch, validationLoss, stopped } of train(population, options)) {
    const best = Math.min(...validationLoss);
    console.log(`epoch ${epoch}  best validation ${best.toExponential(2)}  resting ${stopped.filter(Boolean).length} of 8`);
  }
} catch (error) {
  if (!(error instanceof EigenstudentError) || error.code !== 'interrupted') throw error;
  console.log(error.message);
}
population.dispose();
