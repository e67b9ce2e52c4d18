import { afterEach, describe, expect, it } from 'vitest';
import { freeMemory } from '../../src/native/free-memory.js';
import { Dataset } from '../../src/network/dataset.js';
import { dense, spectral } from '../../src/network/layers.js';
import { bytesOfPopulation } from '../../src/network/memory-needs.js';
import { adam } from '../../src/population/optimizers.js';
import { Population } from '../../src/population/population.js';
import { expand } from '../../src/protocol/trials.js';
import { batchLimits, planBatches } from '../../src/sweep/batches.js';
import { sweep } from '../../src/sweep.js';
import { Teacher } from '../../src/teacher/teacher.js';
import { failureOf, rejectionOf } from '../failure.js';
import { smallProtocol } from '../sweep/small-protocol.js';

const data = Dataset.create({
  inputs: new Float32Array(600).fill(0.5),
  inputCount: 10,
  targets: new Float32Array(60),
});
const student = (...widths: number[]) => ({
  layers: [...widths.map((width) => spectral(width)), dense(1)],
  data,
  optimizer: adam({ learningRate: 0.01 }),
  batchSize: 20,
  epochs: 1,
  seed: 1,
});

afterEach(() => {
  delete process.env.EIGENSTUDENT_MEMORY;
});

describe('what does not fit in memory is refused before it is made:', () => {
  it('a population, with the bytes needed and free and the student that takes most', () => {
    expect(failureOf(() => Population.create([student(5, 4), student(100_000_000)]))).toMatch(
      /^out_of_memory: a population of 2 \(students \d+ bytes, of which student 1 \(10 -> 100000000 -> 1\) takes most; training \d+; data \d+\) needs \d+ bytes of memory, and \d+ are free\. Create narrower students, or fewer at a time, or set EIGENSTUDENT_MEMORY /,
    );
  });

  it('the samples of a teacher', async () => {
    const teacher = Teacher.linear({ inputs: 4000, seed: 1 });
    const sizes = { train: 1_000_000, validation: 1, test: 1, seed: 1 };
    process.env.EIGENSTUDENT_MEMORY = String(2 ** 30);
    expect(await rejectionOf(teacher.dataset(sizes))).toBe(
      'out_of_memory: random numbers needs 32000000000 bytes of memory, and 1073741824 are free. Use fewer samples, inputs or ' +
        'nodes, or set EIGENSTUDENT_MEMORY to the bytes that may be used, if you know better',
    );
  });

  it('a trial of a sweep, with the fields to lower, and nothing is written', async () => {
    const protocol = smallProtocol({ student: { width: [4, 100_000_000], secondWidth: 2 } });
    expect(await rejectionOf(sweep(protocol, { directory: '/nowhere/that/is' }))).toMatch(
      /^out_of_memory: the trial spectral, width 100000000, trial 0, teacher size 2 \(bytes: student \d+, by student\.width .*; data \d+, by data\.train.*; curves \d+\) needs \d+ bytes of memory, and \d+ are free\. Lower these fields, or/,
    );
  });
});

describe('the memory that is free', () => {
  it('is the value of EIGENSTUDENT_MEMORY where that is set', () => {
    process.env.EIGENSTUDENT_MEMORY = '123456789';
    expect(freeMemory()).toBe(123_456_789);
    process.env.EIGENSTUDENT_MEMORY = '2 GB';
    expect(failureOf(freeMemory)).toBe(
      'invalid_argument: expected a positive number of bytes for EIGENSTUDENT_MEMORY, received "2 GB"',
    );
  });

  it('splits the trials of a sweep into populations that fit in half of it', () => {
    const trials = expand(smallProtocol({ student: { width: 1000, secondWidth: 20 }, trials: 50 }));
    process.env.EIGENSTUDENT_MEMORY = String(20 * 2 ** 20);
    const batches = planBatches(trials, () => batchLimits('cpu', 64));
    expect(batches.length).toBeGreaterThan(5);
    expect(batches.flat()).toHaveLength(trials.length);
    delete process.env.EIGENSTUDENT_MEMORY;
    expect(planBatches(trials, () => batchLimits('cpu', 64))).toHaveLength(1);
  });
});

it.each([
  [64, [64, 20]],
  [1, [1000, 20]],
  [2, [1024, 512]],
])(
  '%i students of widths %j take the native memory that was estimated, within a factor of 2',
  async (count, widths) => {
    const students = Array.from({ length: count }, () => student(...widths));
    const population = Population.create(students, { threads: 2 });
    await population.run(1);
    await population.evaluate(data);
    const shape = {
      inputs: 10,
      widths: [...widths, 1],
      dtype: 'float32',
      moments: 2,
      batchSize: 20,
    } as const;
    const { students: held, working } = bytesOfPopulation(
      students.map(() => shape),
      2,
      0,
    );
    const around = 4 * 2 ** 20 + count * 40 * 2 ** 10; // objects that population.bytes does not count
    expect((held + working - around) / population.bytes).toBeGreaterThan(0.5);
    expect((held + working - around) / population.bytes).toBeLessThan(2);
    population.dispose();
  },
);
