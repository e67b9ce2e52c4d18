/** Ticks, labels and domains of the logarithmic axes, and the position of zero on them. */
import { short } from './numbers-in-text.js';

/** Position of zero where there is no positive value to derive a scale from. Arbitrary. */
const lastResortFloor = 1e-12;

/**
 * Domain of a log axis that contains all values with a margin. Zeros are ignored; a single value gets a factor of 1 +
 * `margin` on both sides, so that the axis has an extent.
 */
export function logDomain(values: Iterable<number>, margin = 0.15): [number, number] {
  let [low, high] = [Infinity, 0];
  for (const value of values) {
    if (!(value > 0) || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high === 0) return [lastResortFloor, 1];
  // Of logarithms, because a quotient of two float64 may overflow.
  const factor = Math.max(Math.exp(0.06 * (Math.log(high) - Math.log(low))), 1 + margin);
  return [Math.max(low / factor, Number.MIN_VALUE), Math.min(high * factor, Number.MAX_VALUE)];
}

/** Notes of a figure that omits values of exactly 0; empty where there are none. */
export function zerosNotes(zeros: number): string[] {
  return zeros === 0 ? [] : [`On the logarithmic axis ${zerosText(zeros)}.`];
}

/** Notes of a figure that draws zeros at the lower end of its axis. */
export function zerosAtFootNotes(zeros: number, foot: number): string[] {
  if (zeros === 0) return [];
  const subject = zeros === 1 ? '1 value of 0 is' : `${zeros} values of 0 are`;
  return [`${subject} drawn at ${short(foot)}, the foot of the logarithmic axis.`];
}

/** "3 values are exactly 0 and are not drawn"; empty where there are none. */
export function zerosText(zeros: number): string {
  if (zeros === 0) return '';
  return zeros === 1
    ? '1 value is exactly 0 and is not drawn'
    : `${zeros} values are exactly 0 and are not drawn`;
}

/** The float64 of the literal 1e-4; 10 ** -4 differs from it. */
export function powerOfTen(exponent: number): number {
  return Number(`1e${exponent}`);
}

const finestMantissas = [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9];
const fineMantissas = [1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9];

/** Steps between labelled powers of ten: the first that leaves at most twelve labels. */
const decadeSteps = [1, 2, 5, 10, 20, 50, 100];

/** Round values within a domain, mostly four to ten of them: only powers of ten over more than three decades. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const decades = Math.log10(high) - Math.log10(low);
  const step = decadeSteps.find((decadesApart) => decades / decadesApart <= 12) ?? 100;
  const mantissas =
    decades > 3
      ? [1]
      : decades > 1.2
        ? [1, 2, 5]
        : decades > 0.4
          ? [1, 1.5, 2, 3, 5, 7]
          : decades > 0.3
            ? fineMantissas
            : finestMantissas;
  const ticks: number[] = [];
  for (let e = Math.floor(Math.log10(low) / step) * step; e <= Math.ceil(Math.log10(high)); e += step) {
    // Parsed from text, because 3 * 10 ** -3 is not the float64 of 0.003.
    for (const m of mantissas) ticks.push(Number(`${m}e${e}`));
  }
  return ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
}

/** Width of a digit of an axis label, and the gap between labels. */
const [digitPixels, gapPixels] = [7, 8];

/**
 * Selects the values that can be labelled on a log axis of `pixels` without overlap: the ends first, then from the
 * right.
 * @param values ascending
 */
export function labelledTicks(
  values: readonly number[],
  [low, high]: readonly [number, number],
  pixels: number,
): number[] {
  const span = (value: number) => {
    const centre = (pixels * (Math.log(value) - Math.log(low))) / (Math.log(high) - Math.log(low));
    const half = (digitPixels * String(value).length + gapPixels) / 2;
    return [centre - half, centre + half] as const;
  };
  const chosen: number[] = [];
  for (const value of [values[0], values.at(-1), ...values.slice(1, -1).reverse()]) {
    if (value === undefined || chosen.includes(value)) continue;
    const [left, right] = span(value);
    const free = chosen.every((other) => right <= span(other)[0] || left >= span(other)[1]);
    if (free) chosen.push(value);
  }
  return chosen.sort((a, b) => a - b);
}

/** Vega expression: 10⁻³ for a power of ten, 2·10⁻³ for a multiple of one; down to the smallest float64, 5·10⁻³²⁴. */
export const powerLabel = (() => {
  const exponent = 'floor(log(datum.value) / LN10 + 1e-9)';
  const size = `abs(${exponent})`;
  const digit = (unit: number) => `['⁰','¹','²','³','⁴','⁵','⁶','⁷','⁸','⁹'][floor(${size} / ${unit}) % 10]`;
  const leading = (unit: number) => `(${size} >= ${unit} ? ${digit(unit)} : '')`;
  const raised = `(${exponent} < 0 ? '⁻' : '') + ${leading(100)} + ${leading(10)} + ${digit(1)}`;
  // In two steps, because 10⁻³²⁴ is 0 in float64.
  const half = `pow(10, ${exponent} / 2)`;
  const mantissa = `round(datum.value / ${half} / ${half} * 10) / 10`;
  return `(${mantissa} === 1 ? '' : format(${mantissa}, '~f') + '·') + '10' + ${raised}`;
})();

/** Vega expression: plain decimals, 0.02 and 1000. */
export const plainLabel = `format(datum.value, '~f')`;

/** Plain decimals while they are short, otherwise powers of ten. */
export function logLabel([low, high]: readonly [number, number]): string {
  return low >= 1e-3 && high < 1e5 ? plainLabel : powerLabel;
}
