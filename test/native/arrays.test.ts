import { describe, expect, it } from 'vitest';
import {
  allocate,
  checkAttached,
  checkFinite,
  checkFloats,
  checkLength,
  elementCount,
  maximumElements,
  toDType,
} from '../../src/native/arrays.js';
import { failureOf } from '../failure.js';

describe('elementCount', () => {
  it('multiplies sizes', () => {
    expect(elementCount({ rows: 3, columns: 5, planes: 7 })).toBe(105);
  });

  it('allows as many elements as 32-bit positions can count', () => {
    expect(elementCount({ rows: 2 ** 16 - 1, columns: 2 ** 16 + 1 })).toBe(maximumElements);
    expect(failureOf(() => elementCount({ rows: 2 ** 16, columns: 2 ** 16 }))).toBe(
      'invalid_argument: expected at most 4294967295 elements, received rows 65536 x columns 65536 = 4294967296',
    );
  });

  it('refuses a product that overflows', () => {
    expect(failureOf(() => elementCount({ rows: 2 ** 52, columns: 2 ** 52 }))).toContain(
      'received rows 4503599627370496 x columns 4503599627370496',
    );
  });

  it.each([
    [0, '0'],
    [-3, '-3'],
    [2.5, '2.5'],
    [Number.NaN, 'NaN'],
    [2 ** 53, '9007199254740992'],
  ])('refuses a size of %s', (size, text) => {
    expect(failureOf(() => elementCount({ rows: 2, columns: size }))).toBe(
      `invalid_argument: expected a positive integer for columns, received ${text}`,
    );
  });
});

describe('checkFloats', () => {
  it('accepts either kind, or only the given one', () => {
    const array = new Float32Array(2);
    expect(checkFloats('x', array)).toBe(array);
    expect(checkFloats('x', array, 'float32')).toBe(array);
    expect(failureOf(() => checkFloats('x', array, 'float64'))).toBe(
      'invalid_argument: expected a Float64Array for x, received Float32Array(2)',
    );
  });

  it.each([
    ['a plain array', [1, 2], 'an array of length 2'],
    ['integers', new Int32Array(4), 'Int32Array(4)'],
    ['nothing', undefined, 'undefined'],
    ['a buffer', new ArrayBuffer(8), 'an object (ArrayBuffer)'],
  ])('refuses %s', (_, value, text) => {
    expect(failureOf(() => checkFloats('x', value))).toBe(
      `invalid_argument: expected a Float32Array or Float64Array for x, received ${text}`,
    );
  });

  it('distinguishes a detached array from an empty one', () => {
    const array = new Float64Array(3);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    expect(failureOf(() => checkFloats('x', array))).toBe(
      'invalid_argument: expected an array with its buffer for x, received Float64Array(0). The buffer is detached: it ' +
        'was transferred (postMessage, structuredClone); pass a copy',
    );
    expect(checkFloats('x', new Float64Array(0))).toHaveLength(0);
    expect(() => checkAttached('x', new Uint32Array(0))).not.toThrow();
  });
});

describe('checkLength', () => {
  it('explains the expected length', () => {
    expect(failureOf(() => checkLength('y', new Float32Array(5), 6, '2 samples x 3 outputs'))).toBe(
      'invalid_argument: expected length 6 (2 samples x 3 outputs) for y, received Float32Array(5)',
    );
    expect(() => checkLength('y', [1, 2], 2)).not.toThrow();
  });
});

describe('checkFinite', () => {
  it.each([Number.NaN, Infinity, -Infinity])('names the place of %s', (bad) => {
    expect(failureOf(() => checkFinite('inputs', Float64Array.of(0, 1, 2, 3, bad, bad), 3))).toBe(
      `invalid_argument: expected finite numbers in inputs, received ${bad} at index 4 (sample 1, column 1)`,
    );
  });

  it('accepts the largest and the smallest numbers', () => {
    expect(() => checkFinite('x', [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 0])).not.toThrow();
  });
});

describe('toDType', () => {
  it('keeps an array of the kind and copies one of the other', () => {
    const array = Float64Array.of(1, 0.1);
    expect(toDType('x', array, 'float64')).toBe(array);
    expect(toDType('x', array, 'float32')).toEqual(Float32Array.of(1, 0.1));
    expect(toDType('x', Float32Array.of(0.5), 'float64')).toEqual(Float64Array.of(0.5));
  });

  it('refuses what float32 would make infinite', () => {
    expect(failureOf(() => toDType('inputs', Float64Array.of(1, 1e39), 'float32'))).toBe(
      'invalid_argument: expected a number that float32 can hold (magnitude below 3.4e38) for inputs[1], received 1e+39' +
        ". Scale the data or use dtype 'float64'",
    );
  });
});

describe('allocate', () => {
  it('names the requested number of bytes', () => {
    expect(allocate('the block', 'float32', 3)).toEqual(new Float32Array(3));
    expect(failureOf(() => allocate('the block', 'float64', 2 ** 40))).toMatch(
      /^out_of_memory: the block needs 8796093022208 bytes/,
    );
  });
});
