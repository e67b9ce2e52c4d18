import { finiteNumbers } from './numbers.js';

export interface KolmogorovSmirnov {
  /** D in [0, 1]: largest distance between the two empirical distribution functions. */
  readonly distance: number;
  /** Probability of a distance at least as large, if both samples were drawn independently from one continuous law. */
  readonly pValue: number;
  /** 'exact' up to a million pairs of values, then the limit of large samples. */
  readonly method: 'exact' | 'asymptotic';
}

/** The exact tail takes time n m: 10^6 steps are milliseconds. Arbitrary. */
const mostExact = 1e6;

/**
 * Two-sample Kolmogorov-Smirnov test, two-sided, of samples x [n] and y [m]: student against teacher, say.
 * Equal values are allowed; the p-value is then an upper bound. It also assumes independent values, which
 * weights of one network and paths that share a weight are not: use only the distance for those.
 */
export function kolmogorovSmirnov(x: ArrayLike<number>, y: ArrayLike<number>): KolmogorovSmirnov {
  const first = finiteNumbers('x', x).sort();
  const second = finiteNumbers('y', y).sort();
  const [n, m] = [first.length, second.length];
  const steps = largestSteps(first, second);
  const distance = steps / (n * m);
  return n * m <= mostExact
    ? { distance, pValue: exactTail(n, m, steps), method: 'exact' }
    : { distance, pValue: kolmogorovTail(Math.sqrt((n / (n + m)) * m) * distance), method: 'asymptotic' };
}

/** n m D, a whole number: largest |m * (values of x up to t) - n * (values of y up to t)| over all t */
function largestSteps(x: Float64Array, y: Float64Array): number {
  let [i, j, most] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const t = Math.min(x[i] as number, y[j] as number);
    while (i < x.length && x[i] === t) ++i;
    while (j < y.length && y[j] === t) ++j;
    most = Math.max(most, Math.abs(y.length * i - x.length * j));
  }
  return most;
}

/**
 * P(n m D >= steps): of all lattice paths from (0, 0) to (n, m), each the order of a pooled sample, the share that comes as
 * far from the diagonal as |m i - n j| >= steps (Hodges, Arkiv foer Matematik 3, 469, 1957). Counted as the probability that
 * a path drawn step by step reaches that distance, so that nothing overflows or cancels.
 */
function exactTail(n: number, m: number, steps: number): number {
  if (steps === 0) return 1;
  /** Entry j: probability that the random path passes (i, j) without having reached that distance. */
  const inside = new Float64Array(m + 1);
  let outside = 0;
  for (let i = 0; i <= n; ++i) {
    for (let j = 0; j <= m; ++j) {
      // The next pooled value is from x with the share of x among those left (urn without replacement).
      const fromX = i === 0 ? 0 : ((inside[j] as number) * (n - i + 1)) / (n - i + 1 + m - j);
      const fromY = j === 0 ? 0 : ((inside[j - 1] as number) * (m - j + 1)) / (n - i + m - j + 1);
      const here = i === 0 && j === 0 ? 1 : fromX + fromY;
      const far = Math.abs(m * i - n * j) >= steps;
      if (far) outside += here;
      inside[j] = far ? 0 : here;
    }
  }
  return Math.min(1, outside);
}

/** Q(t) = 2 sum_k (-1)^(k-1) exp(-2 k^2 t^2): the limit of P(sqrt(n m / (n + m)) D > t) (Smirnov 1939). */
function kolmogorovTail(t: number): number {
  // The series is 1 to 16 digits here, and does not converge at 0.
  if (t < 0.18) return 1;
  let tail = 0;
  for (let k = 1; k <= 100; ++k) tail += 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * (k * t) ** 2);
  return Math.min(1, Math.max(0, tail));
}
