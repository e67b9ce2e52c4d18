/** Threads and neighbours decide how fast a result is there, and nothing else: same bits. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { DType } from '../../src/native/addon.js';
import { Dataset } from '../../src/network/dataset.js';
import { dense, spectral } from '../../src/network/layers.js';
import { dtypes } from '../../src/network/network.js';
import { alternating } from '../../src/population/phases.js';
import { Population } from '../../src/population/population.js';
import type { StudentOptions } from '../../src/population/student-options.js';
import { scattered, smallData, smallStudent } from '../network/small-students.js';
import { stateBits } from '../network/state-bits.js';

/** More than 2^18 weights: all threads work on it together (native/cpu/fused/plan.cpp). */
function wideStudent(options: Partial<StudentOptions> = {}): StudentOptions {
  const data = Dataset.create({
    inputs: scattered(50 * 201),
    inputCount: 201,
    targets: scattered(50 * 3, 0.5),
  });
  const layers = [
    spectral(1301, { activation: 'relu', trainable: ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'] }),
    dense(3),
  ];
  return smallStudent({ layers, data, batchSize: 31, ...options });
}

/** Widths around those of vector registers; each student with batches, phases and a seed of its own. */
function students(count: number): StudentOptions[] {
  const widths = [1, 3, 7, 8, 31, 33, 100];
  return Array.from({ length: count }, (_, i) =>
    smallStudent({
      layers: [
        spectral(widths[i % 7] as number, { activation: 'tanh', l2: { eigenvectors: 1e-3 } }),
        dense(2),
      ],
      data: smallData(40 + i, i),
      batchSize: 9 + i,
      seed: i,
      ...(i % 2 === 0 ? {} : { phases: alternating(2) }),
    }),
  );
}

/** Losses after 1 and 3 epochs, and the bits of each student's state. */
async function trained(options: StudentOptions[], dtype: DType, threads: number) {
  const population = Population.create(options, { dtype, threads });
  const data = options.map((student) => student.data as Dataset);
  const losses: number[][] = [];
  for (const epoch of [1, 3]) {
    await population.run(epoch);
    losses.push((await population.evaluate(data)).map(({ loss }) => loss));
  }
  const states = population.students().map((student) => stateBits(student.state()));
  population.dispose();
  return { losses, states };
}

describe.each(dtypes)('in %s', (dtype) => {
  it.each([1, 3, 5, 7])('a population of %d has the same bits on 1, 2 and 3 threads', async (size) => {
    const one = await trained(students(size), dtype, 1);
    expect(one.losses.flat().every(Number.isFinite)).toBe(true);
    expect(new Set(one.states).size).toBe(size);
    expect(await trained(students(size), dtype, 2)).toEqual(one);
    expect(await trained(students(size), dtype, 3)).toEqual(one);
  });

  it('a wide student has the same bits on 1, 2 and 3 threads, alone and between narrow ones', async () => {
    const alone = await trained([wideStudent()], dtype, 1);
    for (const threads of [2, 3]) expect(await trained([wideStudent()], dtype, threads)).toEqual(alone);
    const [first, second] = students(2) as [StudentOptions, StudentOptions];
    const among = await trained([first, wideStudent(), second], dtype, 2);
    expect(among.states[1]).toEqual(alone.states[0]);
    expect(among.losses.map(([, wide]) => wide)).toEqual(alone.losses.flat());
  });

  it('two populations trained at once have the bits of one after the other', async () => {
    const some = [wideStudent(), ...students(3)];
    const others = [...students(4), wideStudent({ seed: 6 })];
    const alone = [await trained(some, dtype, 2), await trained(others, dtype, 3)];
    expect(await Promise.all([trained(some, dtype, 2), trained(others, dtype, 3)])).toEqual(alone);
  });
});

const countThreads = fileURLToPath(new URL('count-threads.mjs', import.meta.url));
// skipped: elsewhere there is neither taskset nor /proc, and nothing to choose cores with
describe.runIf(process.platform === 'linux')('threads of a population', () => {
  /** What count-threads.mjs prints on these cores. */
  function onCores(cores: string): { threads: number; started: number[] } {
    const { stdout, stderr } = spawnSync('taskset', ['-c', cores, process.execPath, countThreads], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }
  const status = readFileSync('/proc/self/status', 'utf8');
  const cores = /^Cpus_allowed_list:\s*(\d+)(.*)$/m.exec(status) as RegExpExecArray;

  it('default to one where the process may use one core', () => {
    expect(onCores(cores[1] as string)).toEqual({ threads: 1, started: [1, 3] });
  });

  it('are one per core that the process may use', () => {
    const { threads, started } = onCores(`${cores[1]}${cores[2]}`);
    expect(started).toEqual([threads, 3]);
    expect(threads > 1).toBe((cores[2] as string).length > 0);
  });
});
