import { describe, expect, it } from 'vitest';
import {
  escapeTime,
  type OnePassRecord,
  type OnePassRun,
  onePassSgd,
  overlapOde,
} from '../../../src/theory/one-pass/index.js';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]) => {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
};

describe('the engines of onePassSgd', () => {
  it.each([false, true])('have one law (spherical %s)', async (spherical) => {
    const options = { p: 2, pStar: 1, N: 100, learningRate: 0.05, alphas: [0, 4, 8, 12, 16], spherical };
    const direct = await onePassSgd({ ...options, engine: 'direct', students: 300, seed: 1 });
    const chain = await onePassSgd({ ...options, engine: 'chain', students: 1500, seed: 2 });
    for (const [i, alpha] of options.alphas.entries()) {
      const [a, b] = [direct, chain].map((runs) =>
        runs.filter((run) => run.diverged === undefined).map((run) => run.records[i]?.loss as number),
      ) as [number[], number[]];
      const error = Math.sqrt(variance(a) / a.length + variance(b) / b.length);
      // five alphas and two cases with fixed seeds: four standard errors would occur by chance in one of 1600 drawings
      expect(Math.abs(mean(a) - mean(b)), `alpha ${alpha}`).toBeLessThan(4 * error);
      // standard error of a deviation: sd sqrt((kurtosis - 1) / 4 n), about sd / sqrt n for these skewed losses
      const [x, y] = [Math.sqrt(variance(a)), Math.sqrt(variance(b))];
      expect(Math.abs(x - y), `spread at ${alpha}`).toBeLessThan(
        4 * y * Math.sqrt(1 / a.length + 1 / b.length),
      );
    }
  });

  it.each([
    // 16 times the inputs each, and bounds of the deviation with many: 0.188, 0.110, 0.071, 0.060 (errors of 10 to 25 %) were found
    // elsewhere for 500, 1000, 2000, 4000 inputs and a window to alpha 16
    ['direct', 100, 1600, 0.03, 0.14],
    ['chain', 250, 4000, 0.02, 0.09],
  ] as const)('%s follows the equations as N^-1/2', async (engine, fewInputs, manyInputs, least, most) => {
    const deviation = async (N: number) => {
      const alphas = [1, 2, 3, 4, 6, 8, 10];
      const options = { p: 3, pStar: 2, learningRate: 0.05, N, alphas, startOverlap: 0.3, seed: 3 };
      const runs = await onePassSgd({ ...options, engine, students: 12 });
      const starts = await onePassSgd({ ...options, engine, students: 12, alphas: [0] });
      return mean(
        runs.map(({ records }, student) => {
          const { Q, R } = (starts[student] as OnePassRun).records[0] as OnePassRecord;
          const theory = overlapOde({ Q, R, learningRate: 0.05, alphas });
          return Math.max(...records.map(({ loss }, i) => Math.abs(loss - (theory[i]?.loss as number))));
        }),
      );
    };
    // 16 times the inputs: a quarter of the deviation. Means over 12 runs have errors of about 15 % each
    const [few, many] = [await deviation(fewInputs), await deviation(manyInputs)];
    expect(few / many).toBeGreaterThan(2.2);
    expect(few / many).toBeLessThan(7);
    expect(many).toBeLessThan(most);
    expect(many).toBeGreaterThan(least);
  });

  it('escape when theory says', async () => {
    const options = { p: 2, pStar: 1, N: 1000, learningRate: 0.1 };
    const runs = await onePassSgd({ ...options, students: 200, alphas: [40], stopAtEscape: true, seed: 9 });
    const times = runs.flatMap(({ escaped }) => escaped ?? []);
    expect(times.length).toBe(200);
    const error = Math.sqrt(variance(times) / times.length);
    const { alpha } = escapeTime(options);
    // 1 / N corrections at N = 1000 are below 0.1; three standard errors beside
    expect(Math.abs(mean(times) - alpha)).toBeLessThan(3 * error + 0.1);
  });

  it.each(['direct', 'chain'] as const)('%s gives the same bits for one thread and three', async (engine) => {
    const options = { p: 2, pStar: 2, N: 130, learningRate: 0.05, alphas: [0, 3], students: 7, engine };
    for (const sharedInputs of [false, true]) {
      const [one, three] = await Promise.all(
        [1, 3].map((threads) => onePassSgd({ ...options, sharedInputs, threads })),
      );
      expect(three).toEqual(one);
    }
  });

  it.each(['direct', 'chain'] as const)('%s of means is that of sums with other rates', async (engine) => {
    const [p, pStar, N] = [2, 1, 64];
    const shared = { p, pStar, N, engine, alphas: [6], seed: 5 };
    const [means] = await onePassSgd({ ...shared, learningRate: 0.2, normalisation: 'mean' });
    const [sums] = await onePassSgd({ ...shared, learningRate: 0.1, startNorm: 0.5 });
    // the same draws; only factors of 2 in between, and their roots
    expect(means?.records[0]?.loss).toBeCloseTo(sums?.records[0]?.loss as number, 12);
    expect(means?.records[0]?.R[1]?.[0]).toBeCloseTo(
      (sums?.records[0]?.R[1]?.[0] as number) * Math.SQRT2,
      12,
    );
  });
});

describe('onePassSgd', () => {
  it('says which runs diverged, and when', async () => {
    const runs = await onePassSgd({
      p: 1,
      pStar: 1,
      N: 50,
      learningRate: 1,
      alphas: [0, 1000],
      students: 4,
      allowUnstable: true,
    });
    for (const { records, diverged } of runs) {
      expect(records.map(({ alpha }) => alpha)).toEqual([0]);
      expect(diverged).toBeGreaterThan(0);
      expect(diverged).toBeLessThan(1000);
    }
  });

  it('ends when its signal is aborted', async () => {
    const abort = new AbortController();
    const run = onePassSgd({
      p: 2,
      pStar: 1,
      N: 1000,
      learningRate: 0.05,
      alphas: [4e6],
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(run).rejects.toMatchObject({
      code: 'interrupted',
      message: 'onePassSgd was interrupted: enough',
    });
  });
});
