/** Summary, in summary.json, of students that differ in nothing but their index and seed. */
import { effectiveSize } from '../../../analysis/effective-size.js';
import type { GroupMember } from '../../../protocol/experiment-form.js';
import { type Statistic, statistic } from '../../../runs/statistic.js';
import type { GroupSummary } from '../../../runs/summary.js';
import type { StudentPlace } from '../protocol/place.js';
import { didNotLearn, type StudentScalars } from './scalars.js';

/** Failed trials are not counted. */
export interface StudentGroupSummary extends GroupSummary, StudentPlace {
  /** Relevance divided by each trial's maximum. */
  readonly effectiveSize: Statistic;
  /** Relevance divided by the maximum over the trials of the group, as in the paper's size figure. */
  readonly effectiveSizePooled: Statistic;
  readonly trainLoss: Statistic;
  readonly validationLoss: Statistic;
  readonly testLoss: Statistic;
  /** Trials that predict no better than a constant: see didNotLearn. */
  readonly didNotLearn: number;
  /** Absent where records have none; so is the next. */
  readonly testAccuracy?: Statistic;
  /** With only the effectiveSize most relevant nodes kept. */
  readonly prunedAccuracy?: Statistic;
  readonly seconds: Statistic;
}

type Measured = Omit<StudentGroupSummary, keyof GroupSummary | keyof StudentPlace>;

export function summarizeStudents(members: readonly GroupMember<StudentScalars>[]): Measured {
  const scalars = members.map((member) => member.scalars);
  const maximum = Math.max(...scalars.map(({ maximumRelevance }) => maximumRelevance));
  const pooled = members.map(({ scalars: { threshold }, tensors }) =>
    effectiveSize(tensors.relevance as Float64Array, { threshold, maximum }),
  );
  const of = (name: 'effectiveSize' | 'trainLoss' | 'validationLoss' | 'testLoss') =>
    statistic(scalars.map((found) => found[name]));
  return {
    effectiveSize: of('effectiveSize'),
    effectiveSizePooled: statistic(pooled),
    trainLoss: of('trainLoss'),
    validationLoss: of('validationLoss'),
    testLoss: of('testLoss'),
    didNotLearn: scalars.filter(didNotLearn).length,
    ...accuraciesOf(scalars),
    seconds: statistic(members.map(({ seconds }) => seconds)),
  };
}

function accuraciesOf(group: readonly StudentScalars[]) {
  const names = ['testAccuracy', 'prunedAccuracy'] as const;
  const found = names.map((name) => [name, group.map((scalars) => scalars[name])] as const);
  const complete = found.filter(([, values]) => values.every((value) => value !== undefined));
  return Object.fromEntries(complete.map(([name, values]) => [name, statistic(values as number[])])) as {
    readonly [Name in (typeof names)[number]]?: Statistic;
  };
}
