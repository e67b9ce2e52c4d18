/** Facts that the reports of all experiments share. */
import { EigenstudentError } from '../errors.js';
import { duration } from '../figures/numbers-in-text.js';
import type { FailedRecord, RecordHeader } from '../runs/record.js';
import type { DamagedTrial } from '../runs/run-directory.js';

/** A name and its plain text. */
export type Fact = readonly [name: string, text: string];

/** Facts about what computed the records: at least one. */
export function provenanceFacts(
  records: readonly Pick<RecordHeader, 'engine' | 'dtype' | 'versions' | 'seconds' | 'finishedAt'>[],
): Fact[] {
  const seconds = records.reduce((total, record) => total + record.seconds, 0);
  const ended = records
    .map((record) => record.finishedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC'))
    .sort();
  return [
    ['Engine', distinct(records.map(({ engine, dtype }) => `${engine} ${dtype}`))],
    [
      'Versions',
      distinct(records.map(({ versions }) => `eigenstudent ${versions.eigenstudent}, Node ${versions.node}`)),
    ],
    ['Training time', `${duration(seconds)} in all`],
    ['Finished', ended[0] === ended.at(-1) ? `${ended[0]}` : `${ended[0]} to ${ended.at(-1)}`],
  ];
}

/** "5 of 6 finished, 1 failed" */
export function trialTally({
  expected,
  finished,
  failed,
  damaged,
}: {
  readonly expected: number;
  readonly finished: number;
  readonly failed: readonly unknown[];
  readonly damaged: readonly unknown[];
}): string {
  const missing = expected - finished - failed.length - damaged.length;
  return [
    `${finished} of ${expected} finished`,
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(damaged.length > 0 ? [`${damaged.length} damaged`] : []),
    ...(missing > 0 ? [`${missing} not run yet`] : []),
  ].join(', ');
}

export function damagedText({ key, reason }: DamagedTrial): string {
  return `${key}: damaged, will be trained again; ${reason}`;
}

function distinct(texts: readonly string[]): string {
  return [...new Set(texts)].sort().join('; ');
}

/** The error for a run without a finished trial: the state of its trials, and what to do. */
export function nothingToReport(
  directory: string,
  expected: number,
  failed: readonly Pick<FailedRecord, 'error'>[],
  damaged: readonly DamagedTrial[],
): EigenstudentError {
  const why = failed[0]?.error.message ?? damaged[0]?.reason;
  const notRun = expected - failed.length - damaged.length;
  const found = `${failed.length} failed, ${damaged.length} damaged, ${notRun} not run`;
  const advice =
    notRun + damaged.length > 0
      ? 'Run its protocol again to train what is missing'
      : 'Failed trials are not trained again: change what made them fail, in a protocol of another directory';
  return new EigenstudentError(
    'file_unreadable',
    `nothing to report on: expected at least one finished trial of ${expected} in ${directory}, found none ` +
      `(${found})${why === undefined ? '' : `; the first: ${why}`}. ${advice}`,
  );
}
