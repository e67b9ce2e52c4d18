/** Replays of the golden cases of one-pass SGD, by their kind. */
import { expect } from 'vitest';
import {
  closest,
  conservedQuantity,
  landscapeAt,
  learningRateLimits,
  overlapOde,
  plateau,
  sgdOnSamples,
} from '../../../src/theory/one-pass/index.js';

type Numbers = number | readonly Numbers[];
interface Case {
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has inputs of its own
  readonly input: any;
  readonly expected: Readonly<Record<string, Numbers>> & { readonly path?: readonly PathPoint[] };
  readonly tolerance: { readonly relative: number; readonly absolute: number };
}
interface PathPoint {
  readonly alpha: number;
  readonly Q: readonly (readonly number[])[];
  readonly R: readonly (readonly number[])[];
  readonly loss: number;
  readonly conserved?: readonly (readonly number[])[];
}

const flat = (value: Numbers): number[] => (typeof value === 'number' ? [value] : value.flatMap(flat));

/** |got - want| <= absolute + relative x the largest magnitude of the array: the tolerances come with the cases. */
function expectClose(got: Numbers, want: Numbers, { relative, absolute }: Case['tolerance'], where: string) {
  const [found, wanted] = [flat(got), flat(want)];
  expect(found.length, where).toBe(wanted.length);
  const bound = absolute + relative * Math.max(...wanted.map(Math.abs));
  for (const [i, number] of wanted.entries())
    expect(Math.abs((found[i] as number) - number), `${where}[${i}]`).toBeLessThanOrEqual(bound);
}

export const onePassReplays: Readonly<Record<string, (golden: Case) => void>> = {
  quadraticOde({ input, expected, tolerance }) {
    const { Q, R, T, eta, noise, spherical, alphas } = input;
    const found = overlapOde({ Q, R, T, learningRate: eta, noise, spherical, alphas });
    for (const [i, point] of (expected.path as readonly PathPoint[]).entries()) {
      const got = found[i] as PathPoint;
      expect(got.alpha).toBe(point.alpha);
      for (const name of ['Q', 'R', 'loss'] as const)
        expectClose(got[name], point[name], tolerance, `${name} at alpha ${point.alpha}`);
      if (point.conserved)
        expectClose(conservedQuantity({ ...point, T }, point.alpha), point.conserved, tolerance, 'conserved');
    }
  },
  quadraticLandscape({ input, expected, tolerance }) {
    const found = landscapeAt(input.U && { U: input.U, V: input.V });
    for (const name of ['loss', 'gradient', 'hessianEigenvalues'] as const)
      expectClose(found[name], expected[name] as Numbers, tolerance, name);
    // the threshold of the cases
    expect(found.hessianEigenvalues.filter((value) => value < -1e-9).length).toBe(expected.negative);
    expect(found.hessianEigenvalues.filter((value) => Math.abs(value) <= 1e-9).length).toBe(expected.zero);
  },
  quadraticSgd({ input, expected, tolerance }) {
    const { U, V, X, eta, spherical } = input;
    const found = sgdOnSamples({ U, V, samples: X, learningRate: eta, spherical });
    expectClose(found.deltas, expected.delta as Numbers, tolerance, 'delta');
    for (const name of ['U', 'Q', 'R'] as const)
      expectClose(found[name], expected[name] as Numbers, tolerance, name);
  },
  closestSolution({ input: { U, V }, expected, tolerance }) {
    const product = (a: readonly number[][], b: readonly number[][]) =>
      a.map((row) => b.map((other) => row.reduce((sum, value, k) => sum + value * (other[k] as number), 0)));
    const found = closest({ Q: product(U, U), R: product(U, V), T: product(V, V) });
    expectClose(found.O, expected.O as Numbers, tolerance, 'O');
    expectClose(found.distance, expected.distance as Numbers, tolerance, 'distance');
  },
  plateau({ input: { p, pStar, eta }, expected, tolerance }) {
    const found = plateau({ p, pStar, learningRate: eta });
    const flow = plateau({ p, pStar, learningRate: eta, noise: false });
    const limits = learningRateLimits({ p, pStar });
    const all = {
      norm: found.norm,
      loss: found.loss,
      growth: found.growth,
      normFlow: flow.norm,
      lossFlow: flow.loss,
      growthFlow: flow.growth,
      etaStable: limits.solution,
      etaPlateau: limits.plateau,
    };
    for (const [name, value] of Object.entries(all))
      expectClose(value, expected[name] as Numbers, tolerance, name);
  },
};
