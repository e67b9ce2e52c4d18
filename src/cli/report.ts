import { writeReport } from '../report/write-report.js';
import { writeSummary } from '../sweep/directory/summary.js';
import { type ExitCode, exitCodes, type Session } from './session.js';

export async function report(directory: string, session: Session): Promise<ExitCode> {
  await writeSummary(directory);
  const files = await writeReport(directory);
  session.answer({ directory, files }, files.join('\n'));
  return exitCodes.done;
}
