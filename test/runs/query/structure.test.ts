import { describe, expect, it } from 'vitest';
import { definite, merge, type Structure, structureOf } from '../../../src/runs/query/structure.js';

const together = (...values: unknown[]) => definite(values.map(structureOf).reduce(merge));

describe('the structure of JSON values', () => {
  it.each([
    [[1, -2], 'BIGINT'],
    [[1, 0.5], 'DOUBLE'],
    [[2 ** 60], 'DOUBLE'],
    [['a', 'b'], 'VARCHAR'],
    [[true, null], 'BOOLEAN'],
    [[null], 'JSON'],
    [[1, 'a'], 'JSON'],
    [[{}, { a: 1 }], { a: 'BIGINT' }],
    [[{ a: 1 }, { a: null, b: 'x' }], { a: 'BIGINT', b: 'VARCHAR' }],
    [[[1, 2], [0.5]], ['DOUBLE']],
    [[[], ['a']], ['VARCHAR']],
    [[[]], ['JSON']],
    [[{ rate: 0.1 }, { rate: { cosine: { base: 1 } } }], { rate: 'JSON' }],
  ] satisfies [unknown[], Structure][])('of the values %j is %j', (values, structure) => {
    expect(together(...values)).toEqual(structure);
    expect(together(...values.toReversed())).toEqual(structure);
  });

  it('stays mixed whatever is merged next', () => {
    expect(together(1, { a: 1 }, 2, { b: 1 })).toBe('JSON');
  });
});
