/** The grid language, on protocols that fast-check makes up. The seed stands here, so that a failure repeats. */

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { checkProtocol, formatProtocol } from '../../src/protocol/protocol.js';
import { expand } from '../../src/protocol/trials.js';
import { ofShard } from '../../src/sweep/shard.js';
import { parseProtocol } from '../../src/sweep.js';

const property = { seed: 17, numRuns: 60 };

/** Paths of fields of one value, each with values that may stand there. */
const fields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  'student.width': fc.integer({ min: 1, max: 60 }),
  'student.secondWidth': fc.integer({ min: 1, max: 9 }),
  'teacher.teacherSize': fc.integer({ min: 1, max: 30 }),
  'data.train': fc.integer({ min: 20, max: 80 }),
  'arms.spectral.optimizer.adam.learningRate': fc.constantFrom(0, 1e-4, 0.001, 0.0025, 0.01, 0.3),
  'arms.spectral.l2.eigenvectors': fc.constantFrom(0, 1e-5, 0.01, 1),
  epochs: fc.integer({ min: 1, max: 50 }),
  seed: fc.integer({ min: 0, max: 1000 }),
};
type Point = Readonly<Record<string, unknown>>;

const base = () => ({
  teacher: { inputs: 3, teacherSize: 2, secondWidth: 2 } as Record<string, unknown>,
  data: { train: 40, validation: 16, test: 24 } as Record<string, unknown>,
  student: { width: 4, secondWidth: 2 } as Record<string, unknown>,
  arms: { spectral: { optimizer: { adam: { learningRate: 0.01 } }, batchSize: 16 } },
  epochs: 6,
  trials: 2,
  seed: 5 as unknown,
});

/** A protocol with these fields set, in this order. */
function protocolWith(values: Point, more: object = {}): object {
  const protocol = base();
  for (const [path, value] of Object.entries(values)) {
    const names = path.split('.');
    const last = names.pop() as string;
    let owner = protocol as Record<string, unknown>;
    for (const name of names) {
      owner[name] ??= {};
      owner = owner[name] as Record<string, unknown>;
    }
    delete owner[last]; // so that it is the last of its section: the order of axes is that of the text
    owner[last] = value;
  }
  return { ...protocol, ...more };
}

const keysOf = (document: object): string[] =>
  expand(checkProtocol(document, 'made up'))
    .map(({ key }) => key)
    .sort();
const same = (a: readonly string[], b: readonly string[]) => JSON.stringify(a) === JSON.stringify(b);

/** Two or three fields, each with one to four distinct values. */
const axes = fc
  .subarray(Object.keys(fields), { minLength: 2, maxLength: 3 })
  .chain((paths) =>
    fc.tuple(
      ...paths.map((path) =>
        fc
          .uniqueArray(fields[path] as fc.Arbitrary<unknown>, { minLength: 1, maxLength: 4 })
          .map((values): [string, unknown[]] => [path, values]),
      ),
    ),
  );

/** Every combination of the values. */
function pointsOf(lists: readonly [string, unknown[]][]): Point[] {
  return lists.reduce<Point[]>(
    (points, [path, values]) =>
      points.flatMap((point) => values.map((value) => ({ ...point, [path]: value }))),
    [{}],
  );
}

describe('the grid language', () => {
  it('gives a product the same trials as its points one by one', () => {
    fc.assert(
      fc.property(axes, (lists) => {
        const product = keysOf(protocolWith(Object.fromEntries(lists)));
        return same(
          product,
          pointsOf(lists)
            .flatMap((point) => keysOf(protocolWith(point)))
            .sort(),
        );
      }),
      property,
    );
  });

  it('gives a product and a zip of the same points the same trials', () => {
    fc.assert(
      fc.property(axes, (lists) => {
        const points = pointsOf(lists);
        // a zip says one value of shared fields for each value of an arm's
        fc.pre(points.length > 1 && lists.every(([path]) => !path.startsWith('arms.')));
        const columns = lists.map(([path]): [string, unknown[]] => [
          path,
          points.map((point) => point[path]),
        ]);
        const zip = [lists.map(([path]) => path)];
        const zipped = keysOf(protocolWith(Object.fromEntries(columns), { zip }));
        return same(zipped, keysOf(protocolWith(Object.fromEntries(lists))));
      }),
      property,
    );
  });

  it('gives the same trials whatever the order of axes and of values', () => {
    fc.assert(
      fc.property(axes, (lists) => {
        const turned = [...lists].reverse().map(([path, values]) => [path, [...values].reverse()]);
        return same(
          keysOf(protocolWith(Object.fromEntries(turned))),
          keysOf(protocolWith(Object.fromEntries(lists))),
        );
      }),
      property,
    );
  });

  it('gives distinct points distinct keys, and as many trials as there are points times trials', () => {
    fc.assert(
      fc.property(axes, (lists) => {
        const keys = keysOf(protocolWith(Object.fromEntries(lists)));
        const count = lists.reduce((product, [, values]) => product * values.length, 2);
        return new Set(keys).size === count && keys.length === count;
      }),
      property,
    );
  });

  it('gives a list of one value the trials of the value', () => {
    fc.assert(
      fc.property(axes, (lists) => {
        const single = lists.map(([path, [value]]) => [path, value]);
        const listed = lists.map(([path, [value]]) => [path, [value]]);
        return same(
          keysOf(protocolWith(Object.fromEntries(single))),
          keysOf(protocolWith(Object.fromEntries(listed))),
        );
      }),
      property,
    );
  });

  it('gives a range, a linspace, a count and the list of their values the same trials', () => {
    const rule = fc.record({
      from: fc.integer({ min: 1, max: 30 }),
      step: fc.integer({ min: 1, max: 7 }),
      count: fc.integer({ min: 2, max: 6 }),
    });
    fc.assert(
      fc.property(rule, ({ from, step, count }) => {
        const values = Array.from({ length: count }, (_, i) => from + i * step);
        const last = values.at(-1);
        const listed = keysOf(protocolWith({ 'student.width': values }));
        const spaced = [{ range: [from, last, step] }, { linspace: [from, last, count] }];
        return (
          spaced.every((spacing) => same(listed, keysOf(protocolWith({ 'student.width': spacing })))) &&
          same(
            keysOf(protocolWith({ seed: { count, from } })),
            keysOf(protocolWith({ seed: Array.from({ length: count }, (_, i) => from + i) })),
          )
        );
      }),
      property,
    );
  });

  it('gives a protocol with its defaults written out the keys of the protocol without them', () => {
    fc.assert(
      fc.property(axes, (lists) => {
        const short = protocolWith(Object.fromEntries(lists));
        return same(keysOf(short), keysOf(checkProtocol(short, 'made up')));
      }),
      property,
    );
  });

  it('reads YAML, the YAML it writes itself, and JSON as the same trials', () => {
    fc.assert(
      fc.property(axes, (lists) => {
        const document = protocolWith(Object.fromEntries(lists));
        const texts = [JSON.stringify(document), formatProtocol(checkProtocol(document, 'made up'))];
        const keys = keysOf(document);
        return texts.every((text) =>
          same(
            keys,
            expand(parseProtocol(text, 'made up.yaml'))
              .map(({ key }) => key)
              .sort(),
          ),
        );
      }),
      property,
    );
  });

  it.each([
    ['0.001', '1e-3', '1.0e-3', '0.0010'],
    ['300', '3e2', '300.0', '0x12c'],
  ])('gives every spelling of a number the same trials: %s, %s, %s, %s', (...spellings) => {
    const keys = spellings.map((spelling) => {
      const text = JSON.stringify(protocolWith({})).replace(
        '"learningRate":0.01',
        `"learningRate": ${spelling}`,
      );
      return JSON.stringify(expand(parseProtocol(text, 'made up.yaml')).map(({ key }) => key));
    });
    if (new Set(keys).size !== 1) throw new Error(`${spellings} have different keys`);
  });

  it('partitions a sweep into shards that are disjoint and complete', () => {
    fc.assert(
      fc.property(axes, fc.integer({ min: 1, max: 9 }), (lists, count) => {
        const trials = expand(checkProtocol(protocolWith(Object.fromEntries(lists)), 'made up'));
        const parts = Array.from({ length: count }, (_, i) => ofShard(trials, { index: i + 1, count }));
        const keys = parts.flat().map(({ key }) => key);
        const sizes = parts.map(({ length }) => length);
        return (
          new Set(keys).size === keys.length &&
          same([...keys].sort(), trials.map(({ key }) => key).sort()) &&
          Math.max(...sizes) - Math.min(...sizes) <= 1
        );
      }),
      property,
    );
  });
});
