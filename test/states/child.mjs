// One scenario in a process of its own, because the failure to look for is a crash of the process:
//   node child.mjs SCENARIO ADDON BACKEND
// Prints what the test compares. In a worker thread it does what inWorker says.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const [scenario, file, backend] = process.argv.slice(2);
const native = createRequire(import.meta.url)(file);
const forever = new Float64Array([2 ** 32 - 1]);

function makeData(samples = 20) {
  return new native.Dataset({
    dtype: 'float64',
    samples,
    inputCount: 3,
    targetCount: 1,
    inputs: Float64Array.from({ length: 3 * samples }, (_, i) => Math.sin(i)),
    targets: Float64Array.from({ length: samples }, (_, i) => Math.cos(i)),
  });
}

function makePopulation(width = 7) {
  const weights = { name: 'weights', trainable: true, l1: 0, l2: 0, groupLasso: 0 };
  const dense = (width, read) => ({ options: { type: 'dense', width, activation: 'tanh', slope: 0.01 }, reads: [read], tensors: [weights] });
  const network = { input: [3], layers: [dense(width, 0), dense(1, 1)] };
  const optimizer = { kind: 'sgd', momentum: 0, nesterov: false, beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0 };
  const learningRate = { kind: 'constant', base: 0.01, warmup: 0, every: 1, factor: 1, total: 1, minimum: 0 };
  const objective = [{ loss: { type: 'mse' }, layer: 1, target: '', weight: 1 }];
  const trainer = { optimizer, learningRate, phases: [], data: makeData(), batchSize: 4, population: false, shuffle: true, stream: false, clockSteps: 0, seed: 1, trial: 0 };
  const students = [{ network, objective, trainer }];
  return new native.Population({ backend, dtype: 'float64', threads: 2, general: false, students });
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Long runs, short runs one after the other, and evaluations: whatever may be pending when the thread is ended. */
function trainUntilTerminated() {
  const population = makePopulation();
  population.run(forever);
  const short = makePopulation();
  const large = makeData(100_000);
  const other = makePopulation();
  (async () => {
    for (let epoch = 1; ; ++epoch) await short.run(new Float64Array([epoch]));
  })();
  (async () => {
    for (;;) await other.evaluate([[large]]);
  })();
  parentPort.postMessage('training');
}

/** All parameters after 200 epochs of a population of its own, as text. */
async function trainedBits() {
  const population = makePopulation(31);
  population.write(0, 'parameters', Float64Array.from({ length: 4 * 31 }, (_, i) => Math.sin(i)));
  await population.run(new Float64Array([200]));
  const values = new Float64Array(4 * 31).fill(NaN);
  population.read(0, 'parameters', values);
  return Buffer.from(values.buffer).toString('hex');
}

const inWorker = {
  terminate: trainUntilTerminated,
  async beside() {
    for (let i = 0; i < 3; ++i) parentPort.postMessage(await trainedBits());
  },
};

const scenarios = {
  async terminate() {
    let slowest = 0;
    for (let i = 0; i < 25; ++i) {
      const worker = new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2) });
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      await sleep(i % 8);
      const start = performance.now();
      await worker.terminate();
      slowest = Math.max(slowest, performance.now() - start);
    }
    console.log(slowest < 5000 ? 'every worker ended' : `a worker took ${slowest} ms to end`);
  },

  async beside() {
    const alone = await trainedBits();
    const workers = [1, 2].map(() => new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2) }));
    const all = [];
    for (const worker of workers) worker.on('message', (bits) => all.push(bits));
    const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (let i = 0; i < 3; ++i) all.push(await trainedBits());
    await Promise.all(ended);
    const equal = all.filter((bits) => bits === alone).length;
    console.log(`${equal} of ${all.length} the same, ${new Set(all).size === 1 ? 'no other' : 'and others'}`);
  },

  async exit() {
    makePopulation().run(forever);
    makePopulation().run(forever);
    await sleep(20);
    console.log('exit');
    process.exit(7);
  },

  async uncaught() {
    makePopulation().run(forever);
    await sleep(20);
    throw new Error('thrown while students train');
  },

  async collect() {
    const wide = 100_000; // tens of megabytes of parameters
    const held = () => process.memoryUsage().external;
    const before = held();
    let pending = [];
    for (let i = 0; i < 4; ++i) pending.push(makePopulation(wide).predict(0, makeData()));
    const during = held();
    for (let i = 0; i < 5; ++i) {
      globalThis.gc();
      await sleep(1);
    }
    const answers = await Promise.all(pending);
    pending = [];
    for (let i = 0; i < 5; ++i) {
      globalThis.gc();
      await sleep(1);
    }
    const released = (held() - before) / (during - before);
    console.log(`${answers.length} answers, ${released < 0.25 ? 'memory given back' : `${released} still held`}`);
  },

  async pending() {
    // A pending run keeps the process alive, as a timer does.
    makePopulation()
      .run(new Float64Array([2000]))
      .then(() => console.log('finished'));
  },
};

if (isMainThread) await scenarios[scenario]();
else await inWorker[scenario]();
