import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalDecimal, losesDigits, parseDecimal } from '../../src/data/decimal-text.js';

const seed = 3; // arbitrary

it.each([
  ['0', '0'],
  ['-0.00', '0'],
  ['12.50', '125e-1'],
  ['+012.5', '125e-1'],
  ['125e-1', '125e-1'],
  ['1000', '1e3'],
  ['.001E+5', '1e2'],
  ['-7.', '-7e0'],
])('%s is written as %s', (text, canonical) => {
  expect(canonicalDecimal(text)).toBe(canonical);
});

it.each(['', '.', '+', '1e', 'e5', '0x1F', 'Infinity', 'nan', '1,5', '1 0', '1_0', '١', '1.2.3'])(
  '%j is no number in decimal notation',
  (text) => {
    expect(parseDecimal(text)).toBeNaN();
  },
);

it('of the integers that become one double, only its exact value and its shortest digits pass', () => {
  const doubles = fc.double({ min: 2 ** 53 + 2, max: 2 ** 63, noNaN: true });
  fc.assert(
    fc.property(doubles, fc.bigInt({ min: -500n, max: 500n }), (double, difference) => {
      const text = String(BigInt(double) + difference);
      fc.pre(difference !== 0n && Number(text) === double);
      expect(losesDigits(text)).toBe(text !== String(double));
    }),
    { seed, numRuns: 500 },
  );
});

it('every double that is an integer keeps its digits, written exactly or in the shortest form', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e21, noNaN: true }), (value) => {
      const integer = Math.trunc(value);
      for (const text of [String(integer), String(BigInt(integer)), `+${BigInt(integer)}.000`, `-${integer}`])
        expect([text, losesDigits(text)]).toEqual([text, false]);
    }),
    { seed, numRuns: 500 },
  );
});

it.each([
  '9007199254740993',
  '-9007199254740993',
  '+9007199254740993.0',
  '12345678901234567890',
  `${10n ** 25n + 1n}`,
])('%s loses digits', (text) => {
  expect(losesDigits(text)).toBe(true);
});
