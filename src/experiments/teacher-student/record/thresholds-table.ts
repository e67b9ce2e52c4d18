import { fixedText, preciseText } from '../../../runs/statistic.js';
import type { SummaryColumn, ThresholdTable } from '../../../sweep/experiment.js';
import { effectiveSizesAt, type ThresholdGroup } from './thresholds.js';

function column(heading: string, cell: (group: ThresholdGroup) => string | number): SummaryColumn {
  return { heading, cell } as unknown as SummaryColumn;
}

const columns: readonly SummaryColumn[] = [
  column('threshold', ({ threshold }) => threshold),
  column('trials', ({ trials }) => trials),
  column('effective size\n(per trial)', (group) => fixedText(group.effectiveSize)),
  column('effective size\n(pooled)', (group) => fixedText(group.effectiveSizePooled)),
  column('pruned loss', ({ prunedLoss }) => preciseText(prunedLoss)),
];

/**
 * The table of `eigenstudent thresholds`.
 * @throws see effectiveSizesAt
 */
export async function thresholdsTable(
  directory: string,
  thresholds: readonly number[],
): Promise<ThresholdTable> {
  return { ...(await effectiveSizesAt(directory, thresholds)), columns };
}
