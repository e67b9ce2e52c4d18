/** `thresholds`: effective sizes of finished trials at other thresholds than the protocol's. */
import { EigenstudentError } from '../errors.js';
import { readProtocol } from '../runs/run-directory.js';
import { experimentOf } from '../sweep/experiment.js';
import { type ExitCode, exitCodes, type Session } from './session.js';
import { failureTable, noneFinished, thresholdTable } from './tables.js';

export async function thresholds(
  directory: string,
  values: readonly number[],
  session: Session,
): Promise<ExitCode> {
  const protocol = await readProtocol(directory);
  const experiment = experimentOf(protocol);
  if (!experiment.thresholds) {
    const message = `expected a run that keeps the relevance of nodes in ${directory}, received one of ${experiment.name}`;
    throw new EigenstudentError('invalid_argument', message);
  }
  const found = await experiment.thresholds(directory, values);
  const { columns: _, ...answer } = found;
  for (const { key, reason } of found.damaged) session.note(`trial ${key} is left out: ${reason}`);
  if (found.failures.length > 0)
    session.note(`Failed, and left out:\n${failureTable(found.failures, protocol)}`);
  const text = found.groups.length > 0 ? thresholdTable(found, protocol) : noneFinished;
  session.print({ directory, ...answer }, text);
  return exitCodes.done;
}
