import { summarize } from '../analysis/summary.js';

/**
 * "22.3 ± 1.5": the spread to two digits and the mean to the same place, "(2.3 ± 1.5)·10⁻⁵" where both are small, and
 * the bare value when there is only one.
 */
export function meanAndSpread(values: readonly number[]): string {
  const { mean, sd, count } = summarize(values);
  if (count === 1) return short(mean);
  if (sd === 0) return `${short(mean)} ± 0`;
  const size = Math.max(Math.abs(mean), sd);
  const exponent = size < 1e-3 || size >= 1e6 ? magnitude(size) : 0;
  const scale = 10 ** exponent;
  // No more than five digits of the mean, however small the spread.
  const places = Math.min(1 - magnitude(sd / scale), 4 - magnitude(size / scale));
  const decimals = Math.min(100, Math.max(0, places));
  const text = `${(mean / scale).toFixed(decimals)} ± ${(sd / scale).toFixed(decimals)}`;
  return exponent === 0 ? text : `(${text})·${powerOfTen(exponent)}`;
}

function magnitude(value: number): number {
  return Math.floor(Math.log10(value));
}

function powerOfTen(exponent: number): string {
  return `10${superscript(exponent)}`;
}

/** "1 trial", "3 trials" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** As many values as a line has room for; arbitrary. */
const mostListed = 16;

/** "10, 20, 40", and of many "1, 2, 3, ..., 2000 (2000 values)". */
export function listed(values: readonly (number | string)[]): string {
  if (values.length <= mostListed) return values.join(', ');
  return `${values.slice(0, 3).join(', ')}, ..., ${values.at(-1)} (${values.length} values)`;
}

/** A standard deviation as a tooltip says it. */
export function spreadText(sd: number | null): string {
  return sd === null ? 'none: one trial' : short(sd);
}

/** A number to `digits` significant digits, without trailing zeros: 0.0087, 185, 1.2·10⁻⁷. */
export function short(value: number, digits = 3): string {
  // Whole numbers keep their digits: 1490 nodes are not 1490 to three digits.
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e6) return String(Number(value.toPrecision(digits)));
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string];
  const factor = String(Number(mantissa));
  return `${factor === '1' ? '' : `${factor}·`}${powerOfTen(Number(exponent))}`;
}

/** "1 h 02 min", "4 min 10 s" or "12.3 s". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${short(seconds)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(whole % 60)} s`;
}

function superscript(exponent: number): string {
  return String(exponent).replace(/./g, (digit) =>
    digit === '-' ? '⁻' : ('⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] as string),
  );
}
