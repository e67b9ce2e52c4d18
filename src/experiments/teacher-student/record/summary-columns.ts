/** The table of groups that `train`, `sweep`, `reproduce` and `collect` print. */
import { valuesOf } from '../../../protocol/axes.js';
import { fixedText, preciseText, type Statistic } from '../../../runs/statistic.js';
import type { Summary } from '../../../runs/summary.js';
import type { SummaryColumn } from '../../../sweep/experiment.js';
import type { StudentGroupSummary } from './summarize-group.js';

function column(
  heading: string,
  cell: (group: StudentGroupSummary) => string | number,
  isShown?: (groups: readonly StudentGroupSummary[]) => boolean,
): SummaryColumn {
  return { heading, cell, isShown } as SummaryColumn;
}

const hasAccuracies = (groups: readonly StudentGroupSummary[]) =>
  groups.some(({ testAccuracy }) => testAccuracy !== undefined);

const accuracyText = (accuracy: Statistic | undefined) =>
  accuracy === undefined ? '' : preciseText(accuracy);

export const summaryColumns: readonly SummaryColumn[] = [
  column('trials', ({ trials }) => trials),
  column('effective size\n(per trial)', (group) => fixedText(group.effectiveSize)),
  column('effective size\n(pooled)', (group) => fixedText(group.effectiveSizePooled)),
  column('test loss', ({ testLoss }) => preciseText(testLoss)),
  column(
    'did not\nlearn',
    (group) => group.didNotLearn,
    (groups) => groups.some((group) => group.didNotLearn > 0),
  ),
  column('test accuracy', ({ testAccuracy }) => accuracyText(testAccuracy), hasAccuracies),
  column('test accuracy\n(pruned)', ({ prunedAccuracy }) => accuracyText(prunedAccuracy), hasAccuracies),
  column('seconds', ({ seconds }) => preciseText(seconds)),
];

/** The notes below the table. */
export function summaryNotes({ groups, protocol }: Summary): string[] {
  const students = groups as readonly StudentGroupSummary[];
  const sizes = [...new Set(students.map(({ teacherSize }) => teacherSize).filter((size) => size > 0))];
  const teacher = sizes.length > 0 ? `Teacher size h_T = ${sizes.join(', ')}. ` : '';
  const thresholds = valuesOf(protocol, 'evaluation.threshold').join(', ');
  const lost = students.reduce((sum, { didNotLearn }) => sum + didNotLearn, 0);
  return [
    `${teacher}Effective size: nodes whose relevance is above ${thresholds} ` +
      'of the largest, of the trial or of all trials pooled. Mean ± standard deviation over trials.',
    ...(lost > 0 ? [`${didNotLearnNote(lost)}.`] : []),
  ];
}

/** @param count number of trials, at least 1 */
export function didNotLearnNote(count: number): string {
  const trials = count === 1 ? '1 trial' : `${count} trials`;
  return `${trials} did not learn: a test loss no better than that of the best constant prediction (testLoss >= labelVariance in the record)`;
}
