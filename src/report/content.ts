/** The content of the report of a run directory. */
import type { Cell, Table } from '../figures/figure.js';
import { meanAndSpread } from '../figures/mean-and-spread.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { describeTrial, placeOf } from '../protocol/place.js';
import { placeText } from '../protocol/place-text.js';
import { settingColumns, settingsOf } from '../protocol/settings.js';
import { expand } from '../protocol/trials.js';
import { type FailedRecord, type FinishedRecord, isFinished } from '../runs/record.js';
import { readProtocol, survey } from '../runs/run-directory.js';
import { groupRecords } from '../runs/summary.js';
import { type Experiment, experimentOf } from '../sweep/experiment.js';
import type { PlainReport, ReportContent } from '../sweep/report-content.js';
import { damagedText, nothingToReport, provenanceFacts, trialTally } from '../sweep/report-facts.js';

/**
 * Reads protocol, records and arrays; nothing is trained or written.
 * @throws file_unreadable when it is no run directory or has no finished trial
 */
export async function reportContent(directory: string): Promise<ReportContent> {
  const protocol = await readProtocol(directory);
  const experiment = experimentOf(protocol);
  const plain = () => plainReport(directory, protocol, experiment);
  return experiment.report ? experiment.report(directory, plain) : (await plain()).content;
}

/** The report of any experiment: its scalars in a table. */
async function plainReport(
  directory: string,
  protocol: ProtocolDocument,
  { name, title }: Experiment,
): Promise<PlainReport> {
  const wanted = expand(protocol);
  const { found, damaged } = await survey(directory, wanted);
  const records = [...found.values()];
  const finished = records.filter(isFinished);
  const failed = records.filter((record): record is FailedRecord => !isFinished(record));
  if (finished.length === 0) throw nothingToReport(directory, wanted.length, failed, damaged);
  const tally = trialTally({ expected: wanted.length, finished: finished.length, failed, damaged });
  const content: ReportContent = {
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
  return { content, finished };
}

/** A row per group of trials, a column per numeric scalar. */
function scalarsTable(protocol: ProtocolDocument, records: readonly FinishedRecord[]): Table {
  const severalOf = (name: string) => new Set(records.map((each) => placeOf(each.protocol)[name])).size > 1;
  const placeColumns = experimentOf(protocol).placeColumns.filter(
    ({ name, onlyIfSeveral }) => !onlyIfSeveral || severalOf(name),
  );
  const settings = settingsOf(protocol);
  const columns = settingColumns(records.map((record) => settings(record.protocol)));
  const all = new Set(records.flatMap(({ scalars }) => Object.keys(scalars)));
  const names = [...all].filter(
    (name) =>
      records.some(({ scalars }) => typeof scalars[name] === 'number') &&
      placeColumns.every((column) => column.name !== name),
  );
  const row = (group: readonly FinishedRecord[]): Cell[] => {
    const { protocol: trial } = group[0] as FinishedRecord;
    const [place, setting] = [placeOf(trial), settings(trial)];
    return [
      ...placeColumns.map((column) => placeText(column, place[column.name])),
      ...columns.map((column) => column.cell(setting)),
      group.length,
      ...names.map((name) => spreadOf(group.map(({ scalars }) => scalars[name]))),
      meanAndSpread(group.map(({ seconds }) => seconds)),
    ];
  };
  const headings = [...placeColumns.map(({ heading }) => heading), ...columns.map((column) => column.name)];
  return { columns: [...headings, 'trials', ...names, 'seconds'], rows: groupRecords(records).map(row) };
}

/** Mean and deviation over the trials that have a number. */
function spreadOf(values: readonly unknown[]): Cell {
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length > 0 ? meanAndSpread(numbers) : null;
}
