import type { Cell } from '../../../figures/figure.js';
import { structured } from '../structure/chosen-trials.js';
import type { TeacherStructure } from '../structure/teacher-structure.js';
import type { SurvivingGroup } from './surviving-group.js';

/** Maximum number of distinguishable steps; arbitrary. */
const mostSteps = 200;

/** Quantities that are drawn as empirical distribution functions. */
export const distributions = [
  { quantity: 'in', title: 'In-strength', axis: 'sum of w_{ij} over j, balanced', domain: undefined },
  { quantity: 'out', title: 'Out-strength', axis: 'sum of w_{ki} over k, balanced', domain: undefined },
  {
    quantity: 'overlap',
    title: 'Overlap; dashed: random',
    axis: 'overlap with a teacher node',
    domain: [0, 1.03],
  },
] as const;
type Quantity = (typeof distributions)[number]['quantity'];

export interface StepRow extends Record<string, Cell> {
  readonly quantity: Quantity;
  readonly series: string;
  readonly kind: 'nodes' | 'random nodes';
  readonly value: number;
  /** Share of the values that are at most `value`. */
  readonly share: number;
}

/** Distributions over the nodes of all trials of a series, over the teacher's, and for overlaps over random nodes. */
export function distributionRows(shown: readonly SurvivingGroup[], teacher: TeacherStructure): StepRow[] {
  const of = (
    series: string,
    quantity: Quantity,
    values: readonly number[],
    kind: StepRow['kind'] = 'nodes',
  ) => steps(values).map(([value, share]): StepRow => ({ quantity, series, kind, value, share }));
  return [
    ...(['in', 'out'] as const).flatMap((side) => of('teacher', side, [...teacher.balancedStrengths[side]])),
    ...shown.flatMap(({ group, series, survivors }) => [
      ...(['in', 'out'] as const).flatMap((side) =>
        of(
          series,
          side,
          survivors.flatMap(({ balancedStrengths }) => [...balancedStrengths[side]]),
        ),
      ),
      ...of(
        series,
        'overlap',
        survivors.flatMap(({ overlaps }) => [...overlaps]),
      ),
      ...of(series, 'overlap', chanceOverlaps(group), 'random nodes'),
    ]),
  ];
}

function chanceOverlaps(group: SurvivingGroup['group']): number[] {
  return structured(group).flatMap(({ structure: { teacher, survivors } }) =>
    survivors ? [...teacher.chance(survivors.nodes, survivors.signIsFree).overlaps] : [],
  );
}

/** [value, share of values at most it], from share 0 at the smallest; some steps are omitted for many values. */
function steps(values: readonly number[]): [number, number][] {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  const count = Math.min(n, mostSteps);
  return [
    [sorted[0] as number, 0],
    ...Array.from({ length: count }, (_, k): [number, number] => {
      const index = Math.ceil(((k + 1) * n) / count) - 1;
      return [sorted[index] as number, (index + 1) / n];
    }),
  ];
}
