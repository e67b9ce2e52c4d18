import Table from 'cli-table3';
import { formOf, type PlaceColumn, type ProtocolDocument } from '../protocol/experiment-form.js';
import { placeText } from '../protocol/place-text.js';
import { type Settings, settingColumns } from '../protocol/settings.js';
import type { Metric } from '../pruning/metric.js';
import type { PrunedLayer } from '../pruning/prune-network.js';
import type { BegunTrial, GroupStatus } from '../runs/query/status.js';
import { preciseText, type Statistic } from '../runs/statistic.js';
import type { GroupSummary, Summary, TrialFailure } from '../runs/summary.js';
import { experimentOf, type SummaryColumn, type ThresholdTable } from '../sweep/experiment.js';
import type { SweepProfile } from '../sweep/profile.js';
import { penaltyText } from './model/candidates.js';
import type { CandidateResult } from './model/choice.js';
import { type ModelData, type Part, parts } from './model-data.js';

/** Metrics of the network before and after the pruning, or after fine-tuning. */
export type Stage = 'before' | 'fineTuned' | 'after';

/** A metric on each part of the data. */
export type StageMetrics = { readonly name: Metric } & Partial<
  Readonly<Record<Part, Partial<Record<Stage, number>>>>
>;

/** Without colours: the text is the same in a terminal, in a file and in a test. */
export const plain = { head: [], border: [] };

/** Right-aligned unless it contains names. */
type Column<Row> = readonly [name: string, cell: (row: Row) => string | number, align?: 'left' | undefined];

/** Values that distinguish trials or groups of trials. */
type Placed = object & { readonly settings: Settings };

/** A value of a row's place. */
function placeValue(row: object, name: string): number | string {
  return (row as Readonly<Record<string, number | string>>)[name] ?? '';
}

/** A column per value of the place, and per other varied field. */
function placeColumns(rows: readonly Placed[], protocol: ProtocolDocument): Column<Placed>[] {
  const isShown = ({ name, onlyIfSeveral }: PlaceColumn) =>
    !onlyIfSeveral || new Set(rows.map((row) => placeValue(row, name))).size > 1;
  const settings = settingColumns(rows.map((row) => row.settings));
  return [
    ...experimentOf(protocol)
      .placeColumns.filter(isShown)
      .map(
        (column): Column<Placed> => [
          column.heading,
          (row) => placeText(column, placeValue(row, column.name)),
          column.isText ? 'left' : undefined,
        ],
      ),
    ...settings.map(({ name, brief }): Column<Placed> => [name, (row) => brief(row.settings) ?? '']),
  ];
}

function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], options: object = {}): string {
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  const rendered = new Table({
    head: columns.map(([name]) => name),
    colAligns: columns.map(([, , align]) => align ?? 'right'),
    style: plain,
    ...options,
  });
  rendered.push(...cells);
  return rendered.toString();
}

/** One row per group. */
export function summaryTable({ groups, protocol }: Pick<Summary, 'groups' | 'protocol'>): string {
  const columns = experimentOf(protocol).summaryColumns ?? statisticColumns(groups);
  return groupsTable(groups, protocol, columns);
}

function groupsTable(
  groups: readonly GroupSummary[],
  protocol: ProtocolDocument,
  columns: readonly SummaryColumn[],
): string {
  const shown = columns.filter(({ isShown }) => isShown?.(groups) ?? true);
  const own = shown.map(({ heading, cell }): Column<GroupSummary> => [heading, cell]);
  return table([...placeColumns(groups, protocol), ...own], groups);
}

/** For an experiment without summaryColumns: every statistic of its groups. */
function statisticColumns(groups: readonly GroupSummary[]): SummaryColumn[] {
  const statistics = groups.flatMap((group) =>
    Object.entries(group).flatMap(([name, value]) => (isStatistic(value) ? [name] : [])),
  );
  return [
    { heading: 'trials', cell: ({ trials }) => trials },
    ...[...new Set(statistics)].map((name) => ({
      heading: name,
      cell: (group: object) => {
        const value = (group as Readonly<Record<string, unknown>>)[name];
        return isStatistic(value) ? preciseText(value) : '';
      },
    })),
  ];
}

function isStatistic(value: unknown): value is Statistic {
  return typeof value === 'object' && value !== null && 'mean' in value && 'sd' in value;
}

/** A column that is shown only where trials did not learn. */
function learning(groups: readonly { readonly didNotLearn: number }[]) {
  const column = [
    'did not\nlearn',
    ({ didNotLearn }: { readonly didNotLearn: number }) => didNotLearn,
  ] as const;
  return groups.some(({ didNotLearn }) => didNotLearn > 0) ? [column] : [];
}

/** Maximum number of characters of a message; arbitrary. */
const widestMessage = 60;

/** Replaces a table of groups without rows. */
export const noneFinished = 'No trial has finished.';

/** @param most maximum number of rows; a note states how many are omitted */
export function failureTable(
  failures: readonly TrialFailure[],
  protocol: ProtocolDocument,
  most = Infinity,
): string {
  const columns: Column<TrialFailure>[] = [
    ['trial', ({ key }) => key],
    ...placeColumns(failures, protocol),
    ...replicateColumns(failures),
    ['what happened', ({ message }) => message],
  ];
  const colAligns = columns.map(() => 'left');
  const colWidths = columns.map((_, i) => (i === columns.length - 1 ? widestMessage : null));
  const shown = failures.slice(0, most);
  return table(columns, shown, { colAligns, colWidths, wordWrap: true }) + restNote(failures.length - most);
}

/** Columns that distinguish trials of one group: their index, and their seed where there are several. */
function replicateColumns(trials: readonly { readonly seed: number; readonly trial: number }[]) {
  const seed = ['seed', (row: { readonly seed: number }) => row.seed] as const;
  const index = ['index', (row: { readonly trial: number }) => row.trial] as const;
  return new Set(trials.map((row) => row.seed)).size > 1 ? [seed, index] : [index];
}

/** One row per group, with the share of its completed epochs. */
export function statusTable(groups: readonly GroupStatus[], protocol: ProtocolDocument): string {
  const columns: Column<GroupStatus>[] = [
    ...placeColumns(groups, protocol),
    ['trials', ({ total }) => total],
    ['finished', ({ finished }) => finished],
    ...learning(groups),
    ['failed', ({ failed }) => failed],
    ['unfinished', ({ unfinished }) => unfinished],
    ['begun', ({ begun }) => begun],
    [
      formOf(protocol).epochsOf ? 'epochs' : 'steps',
      ({ epochs: { done, total } }) => `${Math.floor((100 * done) / total)} %`,
    ],
  ];
  return table(columns, groups);
}

/** One row per group and threshold. */
export function thresholdTable({ groups, columns }: ThresholdTable, protocol: ProtocolDocument): string {
  return groupsTable(groups, protocol, columns);
}

/** Maximum number of rows on a screen; arbitrary. */
const mostBegun = 12;

/** Unfinished trials with the progress of their last checkpoint. */
export function begunTable(trials: readonly BegunTrial[], protocol: ProtocolDocument): string {
  const columns: Column<BegunTrial>[] = [
    ['trial', ({ key }) => key],
    ...placeColumns(trials, protocol),
    ...replicateColumns(trials),
    [formOf(protocol).epochsOf ? 'epoch' : 'step', ({ epoch, epochs }) => `${epoch} of ${epochs}`],
  ];
  return table(columns, trials.slice(0, mostBegun)) + restNote(trials.length - mostBegun);
}

function restNote(rest: number): string {
  return rest > 0 ? `\nand ${rest} more; --json lists all` : '';
}

/** One row per layer that was pruned, with those that make the same units. */
export function prunedLayersTable(layers: readonly PrunedLayer[]): string {
  const head = ['layer', 'criterion', 'nodes before', 'after'];
  const table = new Table({ head, colAligns: ['right', 'left', 'right', 'right'], style: plain });
  for (const { layer, members = [layer], criterion, before, after } of layers)
    table.push([members.join(', '), criterion, before, after]);
  return table.toString();
}

/** Losses of a layer's pruning curve; passes: forward passes over the data that they took. */
export interface LayerCurve {
  readonly layer: number;
  readonly kept: readonly number[];
  readonly losses: readonly number[];
  readonly passes: number;
}

/** One row per number of kept nodes. */
export function curveTable(curves: readonly LayerCurve[]): string {
  const columns: Column<readonly [layer: number, kept: number, loss: number]>[] = [
    ['layer', ([layer]) => layer],
    ['nodes kept', ([, kept]) => kept],
    ['loss', ([, , loss]) => loss.toPrecision(4)],
  ];
  const rows = curves.flatMap(({ layer, kept, losses }) =>
    kept.map((count, i) => [layer, count, losses[i] as number] as const),
  );
  return table(columns, rows);
}

/** A metric on each part of the data, at each stage. */
export function stageTable({ name, ...found }: StageMetrics, { parts: sources }: ModelData): string {
  const shown = parts.filter((part) => found[part] !== undefined);
  const stages = Object.keys(found[shown[0] as Part] ?? {}) as ('before' | 'fineTuned' | 'after')[];
  const words = { before: 'before', fineTuned: 'fine-tuned', after: 'after' };
  const names = { train: 'training', validation: 'validation', test: 'test', heldOut: 'held out' };
  const table = new Table({
    head: [name, 'samples', 'from', ...stages.map((stage) => words[stage])],
    colAligns: ['left', 'right', 'left', ...stages.map(() => 'right' as const)],
    style: plain,
  });
  for (const part of shown) {
    const { data, from } = sources[part] as NonNullable<(typeof sources)[Part]>;
    const values = stages.map((stage) => found[part]?.[stage]?.toPrecision(4) ?? '');
    table.push([names[part], data.samples, from, ...values]);
  }
  return table.toString();
}

/** One row per candidate network, on validation data. */
export function candidateTable(tried: readonly CandidateResult[], metric: Metric): string {
  const columns: Column<CandidateResult>[] = [
    ['--l2', ({ l2 }) => (l2 === null ? 'none: the model as it came' : penaltyText(l2))],
    [`${metric},\nnothing removed`, ({ whole }) => whole?.toPrecision(4) ?? ''],
    ['hidden nodes\nthat stay', ({ nodes }) => nodes ?? 'breaks the bound'],
    [`${metric}\nafter`, ({ after }) => after?.toPrecision(4) ?? ''],
    ['', ({ chosen }) => (chosen ? 'chosen' : '')],
  ];
  return table(columns, tried);
}

/** Division of the time of a sweep. */
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
