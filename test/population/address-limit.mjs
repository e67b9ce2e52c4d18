// Each call with so little address space left that its arrays do not fit, then again without the limit. Prints a line of JSON per call.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { adam, batchNorm, Dataset, dense, Network, Population, pruningCurve, spectral, train } from '../../dist/index.js';

/** Less than one matrix of 2500 x 2500 float32 takes (25 MB), and more than Node takes for itself meanwhile. */
const headroom = 20e6;
const soft = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), `--as=${bytes}:unlimited`]);
const held = () => 1024 * Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);

async function attempt(name, call) {
  soft(Math.floor(held() + headroom));
  let limited = 'passed';
  try {
    await call();
  } catch (error) {
    limited = `${error.code}: ${error.message}`;
  }
  soft('unlimited');
  const result = await call();
  console.log(JSON.stringify({ name, limited }));
  return result;
}

const data = Dataset.create({ inputs: new Float32Array(8000).fill(0.5), inputCount: 100, targets: new Float32Array(80) });
const layers = (...between) => [spectral(2500), ...between, spectral(2500), dense(1)];
const student = (list) => ({ layers: list, data, optimizer: adam({ learningRate: 0.01 }), batchSize: 40, epochs: 1, seed: 1 });

// Node compiles functions and starts threads when they are first used, and ends where it has no memory for that: not within the limit.
const small = Population.create([{ ...student([spectral(3), batchNorm(), dense(1)]) }]);
await train(small);
small.dispose();

const population = await attempt('create', () => Population.create([student(layers()), student(layers(batchNorm()))]));
const network = await attempt('network', () => population.at(1).network());
await attempt('initialize', () => Network.create({ inputs: 100, layers: layers() }, { seed: 1 }));
await attempt('evaluate', () => population.evaluate(data));
await attempt('evaluate a network', () => network.evaluate(data));
await attempt('gradients', () => population.gradients(data));
await attempt('gradient', () => population.at(0).gradient(data));
await attempt('pruningCurve', () => pruningCurve(population.at(0), data));
const state = await attempt('state', () => population.at(1).state());
await attempt('restore', () => population.at(1).restore(state));
await attempt('train', () => train(population));
