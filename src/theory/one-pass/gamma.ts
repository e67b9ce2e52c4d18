/** Derivatives of log Gamma by their asymptotic series (Abramowitz & Stegun 6.3.18, 6.4.12), shifted to x >= 10: 14 digits or more. */

/** psi(x), x > 0. */
export function digamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 10; ++y) shift -= 1 / y;
  const z = 1 / y ** 2;
  const series =
    z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - (z * 691) / 32760)))));
  return shift + Math.log(y) - 1 / (2 * y) - series;
}

/** psi'(x), x > 0. */
export function trigamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 10; ++y) shift += 1 / y ** 2;
  const z = 1 / y ** 2;
  const series = z * (1 / 6 - z * (1 / 30 - z * (1 / 42 - z * (1 / 30 - (z * 5) / 66))));
  return shift + (1 + 1 / (2 * y) + series) / y;
}
