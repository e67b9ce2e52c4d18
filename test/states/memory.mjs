// Resident memory of one long job, in a process of its own: node --expose-gc --max-semi-space-size=1 memory.mjs JOB
// Prints {"warm": MiB, "end": MiB}: when the job has settled, and at its end.
import { adam, Dataset, dense, Population, pruningCurve, spectral, sum, train } from '../../dist/index.js';

const relu = { activation: 'relu' };
const data = Dataset.create({
  inputs: Float64Array.from({ length: 300 * 10 }, (_, i) => Math.sin(i)),
  inputCount: 10,
  targets: Float64Array.from({ length: 300 }, (_, i) => Math.cos(i)),
});
const student = (width, epochs) => ({
  layers: [spectral(width, relu), dense(20, relu), sum()],
  ...{ data, batchSize: 300, epochs, seed: 1 },
  optimizer: adam({ learningRate: 1e-3 }),
});

/** MiB, after what JavaScript no longer needs has been given back. */
async function resident() {
  for (let i = 0; i < 4; ++i) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return process.memoryUsage.rss() / 2 ** 20;
}

const jobs = {
  /** One student, 11 000 epochs, a report every 10. */
  async epochs() {
    const population = Population.create([student(20, 11_000)], { threads: 2 });
    let warm;
    for await (const { epoch } of train(population, { every: 10 })) if (epoch === 1000) warm = await resident();
    return { warm, end: await resident() };
  },

  /** 1 000 populations after 200 others: each trains, evaluates, gives a curve and is disposed of. */
  async populations() {
    let warm;
    for (let i = 0; i < 1200; ++i) {
      if (i === 200) warm = await resident();
      const population = Population.create([student(200, 1), student(20, 1)], { threads: 2 });
      await population.run(1);
      await population.evaluate(data);
      await pruningCurve(population.at(1), data);
      population.dispose();
    }
    return { warm, end: await resident() };
  },
};

console.log(JSON.stringify(await jobs[process.argv[2]]()));
