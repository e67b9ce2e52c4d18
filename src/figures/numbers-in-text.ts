/** Formats numbers for texts. Nothing here needs Node: the live page's script bundles it. */

/** 10⁻³ */
export function raisedTen(exponent: number): string {
  return `10${superscript(exponent)}`;
}

/** "1 trial", "3 trials" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Maximum number of values in a line; arbitrary. */
const mostListed = 16;

/** "a", "a and b", "a, b and c" */
export function enumerated(texts: readonly string[], joint = ', '): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(joint)} and ${texts.at(-1)}`;
}

/** "10, 20, 40", and of many values "1, 2, 3, ..., 2000 (2000 values)". */
export function listed(values: readonly (number | string)[]): string {
  if (values.length <= mostListed) return values.join(', ');
  return `${values.slice(0, 3).join(', ')}, ..., ${values.at(-1)} (${values.length} values)`;
}

/** A standard deviation for a tooltip. */
export function spreadText(sd: number | null): string {
  return sd === null ? 'none: one trial' : short(sd);
}

/** A number to `digits` significant digits, without trailing zeros: 0.0087, 185, 1.2·10⁻⁷. */
export function short(value: number, digits = 3): string {
  // Integers keep their digits: 1490 nodes are not rounded to three digits.
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e6) return String(Number(value.toPrecision(digits)));
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string];
  const factor = String(Number(mantissa));
  return `${factor === '1' ? '' : `${factor}·`}${raisedTen(Number(exponent))}`;
}

/** Significant digits for a reader, unless values differ only after them. */
const briefDigits = 4;

/** 0.00316227766017 is 0.003162: four digits, or as many more as distinguish the value from the others. */
export function brief(value: number, others: readonly unknown[] = []): number {
  if (Number.isInteger(value)) return value;
  for (let digits = briefDigits; digits < 17; ++digits) {
    const rounded = Number(value.toPrecision(digits));
    const isLike = (other: unknown) =>
      typeof other === 'number' && other !== value && Number(other.toPrecision(digits)) === rounded;
    if (!others.some(isLike)) return rounded;
  }
  return value;
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
