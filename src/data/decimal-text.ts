/** Numbers in decimal notation: `-12.50`, `.5`, `3e-4`; neither "" nor "0x1F" nor "Infinity" is one. */

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const integer = /^[+-]?\d+(?:\.0*)?$/;
/** Every integer of at most so many characters is exactly a double. */
const alwaysExact = 15;

/** NaN for text that is not a number in decimal notation. Text beyond the range of doubles is infinite. */
export function parseDecimal(text: string): number {
  return decimal.test(text) ? Number(text) : NaN;
}

/**
 * Whether an integer becomes another number as a double: 9007199254740993 becomes 9007199254740992. No two integers that pass
 * become the same number, unless a program has written both for it: its exact value, and its shortest digits with zeros after.
 */
export function losesDigits(text: string): boolean {
  if (text.length <= alwaysExact || !integer.test(text)) return false;
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  const [whole = ''] = text.split('.');
  return (
    canonicalDecimal(text) !== canonicalDecimal(String(value)) &&
    BigInt(whole.replace('+', '')) !== BigInt(value)
  );
}

/** The same text for every way of writing one number: 12.50, +012.5 and 125e-1 are all "125e-1". For decimal notation only. */
export function canonicalDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const exponent = BigInt(power) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign === '-' ? '-' : ''}${significant}e${exponent}`;
}
