/** The cases prune-* of conv-golden: cut networks have the parameters and the outputs that PyTorch gives. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keepNodes } from '../../src/pruning/surgery.js';
import { removableGroups } from '../../src/pruning/unit-groups.js';
import { build, type Case } from './replay.js';

interface PruneCase extends Case {
  /** By convolution, or layer of features. */
  readonly keep: Readonly<Record<string, readonly number[]>>;
  readonly expect: Case['expect'] & {
    readonly pruned: {
      readonly output: { readonly data: readonly number[] };
      readonly parameters: Readonly<Record<string, { readonly data: readonly number[] }>>;
    };
  };
}

const folder = new URL('conv-golden/', import.meta.url);
const cases = readdirSync(folder)
  .filter((file) => /^prune-.*\.json$/.test(file))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as PruneCase);

describe.each(['reference', 'cpu'] as const)('cuts of conv-golden on %s', (device) => {
  it.each(cases.map((golden) => [golden.name, golden] as const))('%s', async (_, golden) => {
    const { network, data } = build(golden);
    const layerOf = (name: string) => golden.graph.findIndex((node) => node.name === name);
    const groups = removableGroups(network.spec);
    expect(groups.flatMap(({ members }) => members).sort()).toEqual(
      Object.keys(golden.keep).map(layerOf).sort(),
    );
    const pruned = groups.reduce((narrow, { members }) => {
      const [first, ...others] = members.map((layer) => golden.keep[golden.graph[layer]?.name as string]);
      for (const other of others) expect(other).toEqual(first);
      return keepNodes(narrow, members[0] as number, Uint32Array.from(first as readonly number[]));
    }, network);
    const { output, parameters } = golden.expect.pruned;
    for (const [name, { data: expected }] of Object.entries(parameters)) {
      const [node = '', tensor] = name.split('.');
      expect(Array.from(pruned.tensor(`layers.${layerOf(node)}.${tensor}`)), name).toEqual(expected);
    }
    const found = await pruned.predict(data, { device });
    expect(found).toHaveLength(output.data.length);
    // relative to max(1, |expected|); the oracle computes in float64 too
    for (const [i, wanted] of output.data.entries())
      expect(Math.abs((found[i] as number) - wanted)).toBeLessThan(1e-10 * Math.max(1, Math.abs(wanted)));
  });

  it('there are two', () => expect(cases).toHaveLength(2));
});
