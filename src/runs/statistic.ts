import { summarize } from '../analysis/summary.js';

export interface Statistic {
  readonly mean: number;
  /** Sample standard deviation; null for a single trial. */
  readonly sd: number | null;
}

/** @param values at least one */
export function statistic(values: readonly number[]): Statistic {
  const { mean, sd } = summarize(values);
  return { mean, sd: Number.isNaN(sd) ? null : sd };
}

/** "22.3 ± 1.5" */
export function fixedText({ mean, sd }: Statistic): string {
  return sd === null ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${sd.toFixed(1)}`;
}

/** Three significant digits; the spread with as many decimals as the mean. */
export function preciseText({ mean, sd }: Statistic): string {
  const size = Math.abs(mean);
  const decimals = size > 0 ? Math.max(0, 2 - Math.floor(Math.log10(size))) : 0;
  if (decimals > 6)
    return sd === null ? mean.toExponential(2) : `${mean.toExponential(2)} ± ${sd.toExponential(1)}`;
  return sd === null ? mean.toFixed(decimals) : `${mean.toFixed(decimals)} ± ${sd.toFixed(decimals)}`;
}
