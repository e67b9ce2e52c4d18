/** Formats the number of trials of a sweep by kind. */

import { counted } from '../figures/numbers-in-text.js';
import type { TrialCountsByField } from '../sweep/count-trials.js';

/** "80 trials: spectral 40, direct 40", and a line per field that varies. */
export function countLines({ total, byArm, byField }: TrialCountsByField): string[] {
  const arms = Object.entries(byArm).map(([arm, count]) => `${arm} ${count}`);
  return [
    `${counted(total, 'trial')}${arms.length > 0 ? `: ${arms.join(', ')}` : ''}`,
    ...Object.entries(byField).map(([name, rows]) => `  ${name}: ${rowsText(rows)}`),
  ];
}

/** Maximum number of values that are listed; arbitrary. */
const mostRows = 12;

function rowsText(rows: TrialCountsByField['byField'][string]): string {
  if (rows.length > mostRows) {
    const counts = rows.map(({ trials }) => trials);
    const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
    return `${rows.length} values, ${fewest === most ? most : `${fewest} to ${most}`} trials each`;
  }
  return rows.map(({ value, trials }) => `${valueText(value)} (${trials})`).join(', ');
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '');
}
