import { describe, expect, it } from 'vitest';
import { pathValues } from '../../../src/analysis/topology/paths.js';
import { pathsFigure } from '../../../src/experiments/teacher-student/figures/paths.js';
import { topologyFigure } from '../../../src/experiments/teacher-student/figures/topology.js';
import { groupTrials } from '../../../src/experiments/teacher-student/panels/trial-groups.js';
import {
  balanced,
  mostRelevant,
  wholeNetwork,
  withNodes,
} from '../../../src/experiments/teacher-student/structure/sub-network.js';
import { teacherStructure } from '../../../src/experiments/teacher-student/structure/teacher-structure.js';
import { trialStructure } from '../../../src/experiments/teacher-student/structure/trial-structure.js';
import { type Figure, isDrawn } from '../../../src/figures/figure.js';
import { nodeSymmetry } from '../../../src/network/activation-symmetry.js';
import { type Activation, dense, sum } from '../../../src/network/layers.js';
import { Network } from '../../../src/network/network.js';
import { Teacher } from '../../../src/teacher/teacher.js';
import { withSyntheticStructures } from '../../report/synthetic-structures.js';
import { syntheticTrials } from '../../report/synthetic-trials.js';

function expectClose(received: ArrayLike<number> | undefined, expected: ArrayLike<number>): void {
  expect(received).toHaveLength(expected.length);
  for (const [k, value] of Array.from(expected).entries()) expect(received?.[k]).toBeCloseTo(value, 9);
}

const small = {
  incoming: { rows: 3, columns: 2, values: [1, 2, 3, 4, 5, 6] },
  outgoing: { rows: 1, columns: 3, values: [7, 8, 9] },
  symmetries: [nodeSymmetry('relu'), nodeSymmetry('relu')] as const,
};
const numbers = { inputs: 10, teacherSize: 12, secondWidth: 20, seed: 3 };
const teacher = teacherStructure({ kind: 'paper', ...numbers });
const { network } = Teacher.paper(numbers);

describe('sub-networks', () => {
  it('consist of incoming rows and outgoing columns, in the order of the nodes', () => {
    const { incoming, outgoing } = withNodes(small, [2, 0]);
    expect([...Array.from(incoming.values)]).toEqual([5, 6, 1, 2]);
    expect([...Array.from(outgoing.values)]).toEqual([9, 7]);
  });

  it('consist of the most relevant nodes, most relevant first', () => {
    expect(mostRelevant([0.1, 5, 0, 2], 2)).toEqual([1, 3]);
    expect(mostRelevant([0.1, 5], 0)).toEqual([]);
  });

  it('have the same paths when balanced, and one norm on both sides of a node', () => {
    const whole = wholeNetwork(network);
    const { incoming, outgoing } = balanced(whole);
    const [before, after] = [pathValues([whole.incoming, whole.outgoing]), pathValues([incoming, outgoing])];
    for (const [k, value] of before.entries()) expect(after[k]).toBeCloseTo(value, 12);
    for (let node = 0; node < 12; ++node) {
      const into = Math.hypot(...Array.from(incoming.values).slice(10 * node, 10 * node + 10));
      const from = Math.hypot(...Array.from(outgoing.values).filter((_, k) => k % 12 === node));
      expect(into).toBeCloseTo(from, 12);
    }
  });
});

describe('the structure of a student', () => {
  it("of a student equal to the teacher has overlaps 1, distances 0, and the teacher's order", () => {
    const relevance = Float64Array.from({ length: 12 }, (_, i) => (7 * i) % 12);
    const { unpruned, survivors } = trialStructure(network, relevance, 12, teacher);
    expect(unpruned.distance).toBe(0);
    expect(unpruned.quantiles).toEqual(teacher.pathQuantiles);
    expect(survivors?.paths.distance).toBe(0);
    expect(survivors?.meanOverlap).toBeCloseTo(1, 12);
    expect(survivors?.distance).toEqual({ in: 0, out: 0 });
    expect(survivors?.drawn).toEqual(teacher.network);
  });

  it('without a node above the threshold has no survivors', () => {
    expect(trialStructure(network, new Float64Array(12), 0, teacher).survivors).toBeUndefined();
  });

  it('is compared with as many random nodes: the more there are, the larger their overlap', () => {
    const chance = (nodes: number) => teacher.chance(nodes, false);
    expect(chance(100).mean).toBeGreaterThan(chance(20).mean);
    expect(chance(20).mean).toBeGreaterThan(0.3);
    expect(chance(100).mean).toBeLessThan(0.8);
    expect(teacherStructure({ kind: 'paper', ...numbers }).chance(20, false).mean).toBe(chance(20).mean);
    // No more pairs than there are nodes, 20 draws.
    expect(chance(5).overlaps).toHaveLength(5 * 20);
  });

  it('is compared with random nodes whose sign is free where its own is, with larger overlaps', () => {
    const { overlaps, mean } = teacher.chance(20, true);
    expect(overlaps.every((overlap) => overlap >= 0)).toBe(true);
    expect(mean).toBeGreaterThan(teacher.chance(20, false).mean + 0.05);
  });
});

describe('nodes that are equal up to a symmetry of their activation', () => {
  const relevance = new Float64Array(12).fill(1);
  /** The student is the teacher with `factor` of its signs and scales in the first two layers. */
  const twin = (activation: Activation, into: (node: number) => number, from: (node: number) => number) => {
    const original = Teacher.paper({ ...numbers, activation }).network;
    const [first, second] = [0, 1].map((layer) => Array.from(original.effectiveWeights(layer)));
    const start = (weights: number[]) => ({ initialize: { weights } });
    const layers = [
      dense(12, { activation, ...start((first as number[]).map((w, k) => w * into(Math.floor(k / 10)))) }),
      dense(20, { activation, ...start((second as number[]).map((w, k) => w * from(k % 12))) }),
      sum(),
    ];
    const student = Network.create({ inputs: 10, layers }, { seed: 0, dtype: 'float64' });
    const against = teacherStructure({ kind: 'paper', ...numbers, activation });
    return { original, student, ...trialStructure(student, relevance, 12, against), against };
  };
  const sign = (node: number) => (node % 3 === 0 ? -1 : 1);
  const inputs = Float64Array.from({ length: 30 }, (_, i) => Math.sin(i));

  it.each([
    ['tanh', sign, sign],
    ['erf', sign, sign],
    ['quadratic', sign, () => 1],
    ['quadratic', (node: number) => sign(node) * (1 + node), (node: number) => (1 + node) ** -2],
    ['linear', (node: number) => sign(node) * (1 + node), (node: number) => sign(node) / (1 + node)],
    ['relu', (node: number) => 1 + node, (node: number) => 1 / (1 + node)],
    ['leakyRelu', (node: number) => 1 + node, (node: number) => 1 / (1 + node)],
  ] as const)(
    'of %s overlap by 1, have the same balanced strengths and paths, and are drawn alike',
    async (activation, into, from) => {
      const { original, student, survivors, unpruned, against } = twin(activation, into, from);
      const [before, after] = [await original.predict(inputs), await student.predict(inputs)];
      expectClose(after, before);
      expect(survivors?.meanOverlap).toBeCloseTo(1, 12);
      for (const side of ['in', 'out'] as const)
        expectClose(
          survivors?.balancedStrengths[side].toSorted(),
          against.balancedStrengths[side].toSorted(),
        );
      expectClose(
        balanced(survivors?.drawn ?? small).incoming.values,
        balanced(against.network).incoming.values,
      );
      if (nodeSymmetry(activation).degree !== 2) expectClose(unpruned.quantiles, against.pathQuantiles);
    },
  );

  it('of relu with the opposite sign are other nodes', () => {
    expect(twin('relu', sign, sign).survivors?.meanOverlap).toBeLessThan(0.95);
  });
});

describe('the figures of weights', () => {
  const groupsOf = (options: Parameters<typeof syntheticTrials>[0]) =>
    groupTrials(withSyntheticStructures(syntheticTrials(options)));

  it('have no spread of one trial', () => {
    const alone = groupsOf({ trials: 1 });
    const [paths, topology] = [pathsFigure(alone) as Figure, topologyFigure(alone) as Figure];
    expect(paths.notes).toContain('One trial per curve: no spread.');
    expect(paths.table.rows.every((row) => row.at(-1) === null)).toBe(true);
    expect(
      topology.table.rows.every((row) => row[topology.table.columns.indexOf('overlap sd')] === null),
    ).toBe(true);
  });

  it('have a panel for the teacher and for each present parametrisation', () => {
    const { datasets } = topologyFigure(groupsOf({ parametrizations: ['direct'] })) as Figure;
    expect(new Set(datasets.nodes?.map(({ panel }) => panel))).toEqual(new Set(['teacher', 'direct']));
  });

  it('draw all nodes of students narrower than the teacher', () => {
    const { datasets, notes } = topologyFigure(groupsOf({ widths: [3], trials: 2 })) as Figure;
    const hidden = datasets.nodes?.filter(({ panel, x }) => panel === 'spectral' && x === 1);
    expect(hidden).toHaveLength(3);
    expect(notes.join(' ')).not.toContain('most relevant 30 are drawn');
  });

  it('draw no more than 30 nodes of a network', () => {
    const { datasets, notes } = topologyFigure(groupsOf({ widths: [200] })) as Figure;
    expect(datasets.nodes?.filter(({ panel, x }) => panel === 'direct' && x === 1)).toHaveLength(30);
    expect(notes).toContain('Of more than 30 surviving nodes the most relevant 30 are drawn.');
  });

  it('state that no node survives, and where some students have none', () => {
    const dead = syntheticTrials().map((trial) => ({ ...trial, effectiveSize: 0 }));
    const groups = groupTrials(withSyntheticStructures(dead));
    expect(topologyFigure(groups)).toMatchObject({
      reason: 'No student has a node above the threshold: there is no sub-network to draw.',
    });
    const paths = pathsFigure(groups) as Figure;
    expect(paths.notes).toContain(
      'No node is above the threshold in 6 of the drawn trials: they have no pruned student.',
    );
    expect(paths.caption).toContain('to nothing, as no node stays, for spectral');
    expect(paths.datasets.paths?.some(({ state }) => state === 'pruned')).toBe(false);
  });

  it('are omitted where no weights were read', () => {
    expect(isDrawn(pathsFigure(groupTrials(syntheticTrials())))).toBe(false);
  });

  it('read no more than 6 widths and 10 trials of a series, the widest among them', () => {
    const many = withSyntheticStructures(
      syntheticTrials({ widths: [2, 3, 4, 5, 6, 7, 8, 9], trials: 12, parametrizations: ['direct'] }),
    );
    const looked = many.filter(({ structure }) => structure);
    expect(looked).toHaveLength(60);
    expect(new Set(looked.map(({ width }) => width))).toContain(9);
    expect((pathsFigure(groupTrials(many)) as Figure).notes.at(-1)).toBe(
      'The weights of 60 of 96 students were looked at: of each series up to 6 widths, the widest among them, and of each ' +
        'of these the first 10 trials.',
    );
  });
});
