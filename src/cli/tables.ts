import Table from 'cli-table3';
import type { PrunedLayer } from '../pruning/prune-network.js';
import type { GroupSummary, Statistic, TrialFailure } from '../sweep/directory/summary.js';
import { settingColumns } from '../sweep/protocol/settings.js';
import type { QueryValue } from '../sweep/query/answer.js';
import type { GroupStatus } from '../sweep/query/status.js';
import type { SweepProfile } from '../sweep/run/profile.js';
import type { StageMetrics } from './prune-model.js';

/** Without colours: the same text in a terminal, in a file and in a test. */
const plain = { head: [], border: [] };

type Column = [name: string, cell: (group: GroupSummary) => string | number];

/** One row per group, with a column for each field that varies. */
export function summaryTable(groups: readonly GroupSummary[]): string {
  const severalTeachers = new Set(groups.map(({ teacherSize }) => teacherSize)).size > 1;
  const columns: Column[] = [
    ['width', ({ width }) => width],
    ['parametrization', ({ parametrization }) => parametrization],
    ['trials', ({ trials }) => trials],
    ['effective size\n(per trial)', (group) => fixed(group.effectiveSize)],
    ['effective size\n(pooled)', (group) => fixed(group.effectiveSizePooled)],
    ['test loss', ({ testLoss }) => precise(testLoss)],
    ['seconds', ({ seconds }) => precise(seconds)],
  ];
  const settings = settingColumns(groups.map((group) => group.settings));
  columns.splice(
    2,
    0,
    ...settings.map(({ name, brief }): Column => [name, (group) => brief(group.settings) ?? '']),
  );
  if (severalTeachers) columns.unshift(['teacher size', ({ teacherSize }) => teacherSize]);
  const table = new Table({
    head: columns.map(([name]) => name),
    colAligns: columns.map(([name]) => (name === 'parametrization' ? 'left' : 'right')),
    style: plain,
  });
  for (const group of groups) table.push(columns.map(([, cell]) => cell(group)));
  return table.toString();
}

export function failureTable(failures: readonly TrialFailure[]): string {
  const columns = settingColumns(failures.map(({ settings }) => settings));
  const head = ['trial', 'width', 'parametrization', ...columns.map(({ name }) => name), 'index'];
  const table = new Table({
    head: [...head, 'what happened'],
    colWidths: [...head.map(() => null), 60],
    wordWrap: true,
    style: plain,
  });
  for (const { key, width, parametrization, settings, trial, message } of failures) {
    const cells = columns.map(({ brief }) => brief(settings) ?? '');
    table.push([key, width, parametrization, ...cells, trial, message]);
  }
  return table.toString();
}

/** One row per group. */
export function statusTable(groups: readonly GroupStatus[]): string {
  const names = ['teacher size', 'width', 'parametrization', 'trials', 'finished', 'failed', 'unfinished'];
  const table = new Table({
    head: names,
    colAligns: names.map((name) => (name === 'parametrization' ? 'left' : 'right')),
    style: plain,
  });
  for (const { teacherSize, width, parametrization, total, finished, failed, unfinished } of groups)
    table.push([teacherSize, width, parametrization, total, finished, failed, unfinished]);
  return table.toString();
}

/** Characters of a text or struct that a table shows; arbitrary. */
const widestCell = 60;

/** Numbers to six digits, on the right; what is long is cut, the other formats have all of it. */
export function rowsTable(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, QueryValue>>[],
): string {
  const numeric = columns.map((name) => rows.some((row) => typeof row[name] === 'number'));
  const table = new Table({
    head: [...columns],
    colAligns: numeric.map((each) => (each ? 'right' : 'left')),
    style: plain,
  });
  for (const row of rows) table.push(columns.map((name) => shortCell(row[name] ?? null)));
  return table.toString();
}

function shortCell(value: QueryValue): string {
  if (value === null) return '';
  if (typeof value === 'number')
    return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > widestCell ? `${text.slice(0, widestCell - 1)}…` : text;
}

/** One row a layer that was pruned. */
export function prunedLayersTable(layers: readonly PrunedLayer[]): string {
  const head = ['layer', 'criterion', 'nodes before', 'after'];
  const table = new Table({ head, colAligns: ['right', 'left', 'right', 'right'], style: plain });
  for (const { layer, criterion, before, after } of layers) table.push([layer, criterion, before, after]);
  return table.toString();
}

/** What became of a metric, on both parts of the data. */
export function stageTable({ name, validation, test }: StageMetrics): string {
  const stages = Object.keys(test) as (keyof typeof test)[];
  const words = { before: 'before', fineTuned: 'fine-tuned', after: 'after' };
  const table = new Table({
    head: [name, ...stages.map((stage) => words[stage])],
    colAligns: ['left', ...stages.map(() => 'right' as const)],
    style: plain,
  });
  const row = (values: typeof test) => stages.map((stage) => values[stage]?.toPrecision(4) ?? '');
  table.push(['validation', ...row(validation)], ['test', ...row(test)]);
  return table.toString();
}

/** Where the time of a sweep went. */
export function profileTable({ seconds, overheadPercent, orchestrationPercent }: SweepProfile): string {
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  const table = new Table({
    head: ['part', 'seconds', '%'],
    colAligns: ['left', 'right', 'right'],
    style: plain,
  });
  for (const [part, value] of Object.entries(seconds))
    table.push([part, value.toFixed(2), ((100 * value) / total).toFixed(2)]);
  return (
    `${table}\nOf the time that was not waited, ${overheadPercent.toFixed(2)} % was not training, ` +
    `${orchestrationPercent.toFixed(2)} % neither training nor evaluation`
  );
}

/** "22.3 ± 1.5" */
function fixed({ mean, sd }: Statistic): string {
  return sd === null ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${sd.toFixed(1)}`;
}

/** Three significant digits; the spread with as many decimals as the mean. */
function precise({ mean, sd }: Statistic): string {
  const decimals = mean > 0 ? Math.max(0, 2 - Math.floor(Math.log10(mean))) : 0;
  if (decimals > 6)
    return sd === null ? mean.toExponential(2) : `${mean.toExponential(2)} ± ${sd.toExponential(1)}`;
  return sd === null ? mean.toFixed(decimals) : `${mean.toFixed(decimals)} ± ${sd.toFixed(decimals)}`;
}
