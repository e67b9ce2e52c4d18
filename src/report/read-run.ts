import { EigenstudentError } from '../errors.js';
import {
  type FailedRecord,
  type FinishedRecord,
  isFinished,
  type TrialRecord,
} from '../sweep/directory/record.js';
import { type DamagedTrial, readProtocol, survey } from '../sweep/directory/run-directory.js';
import { checkArrays, readArrays } from '../sweep/directory/trial-arrays.js';
import type { Protocol } from '../sweep/protocol/protocol-schema.js';
import { type Settings, settingsOf } from '../sweep/protocol/settings.js';
import { expand } from '../sweep/protocol/trials.js';
import type { ReportTrial } from './trial-groups.js';

/** What a run directory holds of its protocol's trials. Never without a finished one. */
export interface Run {
  readonly protocol: Protocol;
  /** Of finished and failed trials. */
  readonly records: readonly TrialRecord[];
  readonly trials: readonly ReportTrial[];
  readonly failed: readonly FailedRecord[];
  readonly damaged: readonly DamagedTrial[];
  /** Trials that the protocol asks for. */
  readonly expected: number;
}

/**
 * Reads protocol, records and arrays; nothing is trained and nothing is written.
 * @throws file_unreadable when it is no run directory or holds no finished trial
 */
export async function readRun(directory: string): Promise<Run> {
  const protocol = await readProtocol(directory);
  const wanted = expand(protocol);
  const records: TrialRecord[] = [];
  const trials: ReportTrial[] = [];
  const settings = settingsOf(protocol);
  const { damaged } = await survey(directory, wanted, async (record) => {
    if (isFinished(record)) trials.push(await reportTrial(directory, record, settings(record.protocol)));
    else await checkArrays(directory, record);
    records.push(record);
  });
  const failed = records.filter((record): record is FailedRecord => !isFinished(record));
  if (trials.length === 0) throw nothingToReport(directory, wanted.length, failed, damaged);
  return { protocol, records, trials, failed, damaged, expected: wanted.length };
}

async function reportTrial(
  directory: string,
  record: FinishedRecord,
  settings: Settings,
): Promise<ReportTrial> {
  const { relevance, pruningLosses } = await readArrays(directory, record);
  // Copies: a view would keep the whole file, parameters and all, in memory for as long as the report is made.
  return { ...record, settings, relevance: relevance.slice(), pruningLosses: pruningLosses.slice() };
}

function nothingToReport(
  directory: string,
  expected: number,
  failed: readonly FailedRecord[],
  damaged: readonly DamagedTrial[],
): EigenstudentError {
  const why = failed[0]?.error.message ?? damaged[0]?.reason;
  const found = `${failed.length} failed, ${damaged.length} damaged, ${expected - failed.length - damaged.length} not run`;
  return new EigenstudentError(
    'file_unreadable',
    `nothing to report on: expected at least one finished trial of ${expected} in ${directory}, found none ` +
      `(${found})${why === undefined ? '' : `; the first: ${why}`}. Run its protocol again to train what is missing`,
  );
}
