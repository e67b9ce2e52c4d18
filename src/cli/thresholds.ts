/** `thresholds`: effective sizes of finished trials at other thresholds than they were made with. */
import { effectiveSizesAt } from '../runs/query/thresholds.js';
import { type ExitCode, exitCodes, type Session } from './session.js';
import { failureTable, noneFinished, thresholdTable } from './tables.js';

export async function thresholds(
  directory: string,
  values: readonly number[],
  session: Session,
): Promise<ExitCode> {
  const found = await effectiveSizesAt(directory, values);
  for (const { key, reason } of found.damaged) session.note(`trial ${key} is left out: ${reason}`);
  if (found.failures.length > 0) session.note(`Failed, and left out:\n${failureTable(found.failures)}`);
  const text = found.groups.length > 0 ? thresholdTable(found.groups) : noneFinished;
  session.answer({ directory, ...found }, text);
  return exitCodes.done;
}
