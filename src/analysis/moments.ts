/** Sums over samples whose error does not grow with the number of samples. */

/** Moments of each column of a table. */
export interface ColumnMoments {
  /** Numbers of a column. */
  readonly count: number;
  /** [columns] each. */
  readonly minimum: Float64Array;
  readonly maximum: Float64Array;
  /** Within [minimum, maximum]; exactly the value of a column that has one value. */
  readonly mean: Float64Array;
  /** Population standard deviation (n in the denominator); exactly 0 for a column that has one value, and for no other. */
  readonly deviation: Float64Array;
}

/**
 * Mean and spread of each column of `values` [rows, columns, area], row-major, finite, at least one row: with an area of 1 the
 * columns of a table, else the channels of images of that many pixels.
 *
 * Three passes: the extremes; the mean by Neumaier's compensated sum; the squares about that mean, with the correction for its
 * rounding (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983, eq. 1.7). Numbers are scaled by a
 * power of two, which is exact, so that neither sums nor squares leave the range of float64.
 */
export function columnMoments(values: ArrayLike<number>, columns: number, area = 1): ColumnMoments {
  const count = values.length / columns;
  const { minimum, maximum } = extremes(values, columns, area);
  const factor = minimum.map((low, j) => powerOfTwo(Math.max(Math.abs(low), Math.abs(maximum[j] as number))));
  const middle = columnSums(values, { columns, area }, (x, j) => x * (factor[j] as number)).map(
    (sum) => sum / count,
  );
  const fromMiddle = (x: number, j: number) => x * (factor[j] as number) - (middle[j] as number);
  const rest = columnSums(values, { columns, area }, fromMiddle);
  const squares = columnSums(values, { columns, area }, (x, j) => fromMiddle(x, j) ** 2);
  const mean = middle.map((value, j) => {
    const rounded = value / (factor[j] as number);
    return Math.min(Math.max(rounded, minimum[j] as number), maximum[j] as number);
  });
  const deviation = squares.map((sum, j) => {
    if (minimum[j] === maximum[j]) return 0;
    const variance = (sum - (rest[j] as number) ** 2 / count) / count;
    return Math.sqrt(variance) / (factor[j] as number);
  });
  return { count, minimum, maximum, mean, deviation };
}

function extremes(values: ArrayLike<number>, columns: number, area: number) {
  const minimum = new Float64Array(columns).fill(Infinity);
  const maximum = new Float64Array(columns).fill(-Infinity);
  for (let i = 0; i < values.length; )
    for (let j = 0; j < columns; ++j)
      for (const end = i + area; i < end; ++i) {
        const x = values[i] as number;
        if (x < (minimum[j] as number)) minimum[j] = x;
        if (x > (maximum[j] as number)) maximum[j] = x;
      }
  return { minimum, maximum };
}

/**
 * Sum of `term` of each number, per column: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation
 * endlicher Summen", 1974. The error is about one rounding of the sum of absolute values, however many terms
 * there are.
 */
function columnSums(
  values: ArrayLike<number>,
  { columns, area }: { readonly columns: number; readonly area: number },
  term: (x: number, column: number) => number,
): Float64Array {
  const sums = new Float64Array(columns);
  const lost = new Float64Array(columns);
  for (let i = 0; i < values.length; )
    for (let j = 0; j < columns; ++j)
      for (const end = i + area; i < end; ++i) {
        const x = term(values[i] as number, j);
        const sum = sums[j] as number;
        const next = sum + x;
        const missing = Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
        sums[j] = next;
        lost[j] = (lost[j] as number) + missing;
      }
  return sums.map((sum, j) => sum + (lost[j] as number));
}

/** The power of two that scales a magnitude to about 1; 1 for 0. Exponents of float64 end at -1022 and 1023. */
function powerOfTwo(magnitude: number): number {
  if (magnitude === 0) return 1;
  return 2 ** -Math.min(1022, Math.max(-1022, Math.floor(Math.log2(magnitude))));
}
