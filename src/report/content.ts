/** What is reported of a run directory. */
import type { Cell, Table } from '../figures/figure.js';
import { meanAndSpread } from '../figures/mean-and-spread.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { describeTrial, placeOf } from '../protocol/place.js';
import { settingColumns, settingsOf } from '../protocol/settings.js';
import { expand } from '../protocol/trials.js';
import { type FailedRecord, type FinishedRecord, isFinished } from '../runs/record.js';
import { readProtocol, survey } from '../runs/run-directory.js';
import { groupRecords } from '../runs/summary.js';
import { type Experiment, experimentOf } from '../sweep/experiment.js';
import type { ReportContent } from '../sweep/report-content.js';
import { damagedText, nothingToReport, provenanceFacts, trialTally } from '../sweep/report-facts.js';

/**
 * Reads protocol, records and arrays; nothing is trained and nothing is written.
 * @throws file_unreadable when it is no run directory or holds no finished trial
 */
export async function reportContent(directory: string): Promise<ReportContent> {
  const protocol = await readProtocol(directory);
  const experiment = experimentOf(protocol);
  return experiment.report ? experiment.report(directory) : plainContent(directory, protocol, experiment);
}

/** Of an experiment that has no report of its own: its numbers in a table. */
async function plainContent(
  directory: string,
  protocol: ProtocolDocument,
  { name, title }: Experiment,
): Promise<ReportContent> {
  const wanted = expand(protocol);
  const { found, damaged } = await survey(directory, wanted);
  const records = [...found.values()];
  const finished = records.filter(isFinished);
  const failed = records.filter((record): record is FailedRecord => !isFinished(record));
  if (finished.length === 0) throw nothingToReport(directory, wanted.length, failed, damaged);
  const tally = trialTally({ expected: wanted.length, finished: finished.length, failed, damaged });
  return {
    title: `${name}: report of a run`,
    lead: title,
    facts: [['Trials', tally], ...provenanceFacts(records)],
    table: scalarsTable(protocol, finished),
    tableNote: 'Mean ± sample standard deviation over trials.',
    textNotes: [],
    troubles: [
      ...failed.map(
        (record) => `${describeTrial(record.protocol)} (${record.key}): failed, ${record.error.message}`,
      ),
      ...damaged.map(damagedText),
    ],
    protocol,
    figures: [],
  };
}

/** A row per group of trials, a column per scalar that is a number. */
function scalarsTable(protocol: ProtocolDocument, records: readonly FinishedRecord[]): Table {
  const { placeColumns } = experimentOf(protocol);
  const settings = settingsOf(protocol);
  const columns = settingColumns(records.map((record) => settings(record.protocol)));
  const names = Object.keys(records[0]?.scalars ?? {}).filter((name) =>
    records.every(({ scalars }) => typeof scalars[name] === 'number'),
  );
  const row = (group: readonly FinishedRecord[]): Cell[] => {
    const { protocol: trial } = group[0] as FinishedRecord;
    const [place, setting] = [placeOf(trial), settings(trial)];
    return [
      ...placeColumns.map((column) => place[column.name] || (column.none ?? 0)),
      ...columns.map((column) => column.cell(setting)),
      group.length,
      ...names.map((name) => meanAndSpread(group.map(({ scalars }) => scalars[name] as number))),
      meanAndSpread(group.map(({ seconds }) => seconds)),
    ];
  };
  const headings = [...placeColumns.map(({ heading }) => heading), ...columns.map((column) => column.name)];
  return { columns: [...headings, 'trials', ...names, 'seconds'], rows: groupRecords(records).map(row) };
}
