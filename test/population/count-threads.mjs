// Prints {"threads": what the addon takes by itself, "started": [threads that a population starts by itself, and when told
// to take 3]}, for a process that runs on few cores. Linux only: the kernel lists a process's threads in /proc.
import { readdirSync } from 'node:fs';
import { adam, Dataset, dense, Population } from '../../dist/index.js';
import { addon } from '../../dist/native/load.js';

const data = Dataset.create({ inputs: Float64Array.of(1, 2), inputCount: 1, targets: Float64Array.of(3, 4) });
const student = { layers: [dense(1)], data, optimizer: adam({ learningRate: 0.01 }), batchSize: 1, epochs: 1, seed: 0 };
const running = () => readdirSync('/proc/self/task').length;

addon(); // Node's own threads are there by now
const started = [{}, { threads: 3 }].map((options) => {
  const before = running();
  const population = Population.create([student], options);
  const count = running() - before;
  population.dispose();
  return count;
});
console.log(JSON.stringify({ threads: addon().capabilities().threads, started }));
