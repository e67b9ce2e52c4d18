/** What `npm run bench` prints: a table of rows for each kind of trial, then the targets. */
import Table from 'cli-table3';
import type { Row } from './row.js';
import { measured, type Quantity, type Target, verdict } from './targets.js';

const plain = { head: [], border: [] };

/** One table for each first part of the names. */
export function rowTables(rows: readonly Row[]): string {
  const kindOf = ({ name }: Row) => name.split('/')[0];
  const kinds = [...new Set(rows.map(kindOf))];
  return kinds.map((kind) => rowTable(rows.filter((row) => kindOf(row) === kind))).join('\n');
}

function rowTable(rows: readonly Row[]): string {
  const withArithmetic = rows.some(({ gflops }) => gflops !== undefined);
  const table = new Table({
    head: ['trial', 'us', '+-%', ...(withArithmetic ? ['GFLOP/s', 'of peak'] : []), 'beside it'],
    colAligns: ['left', 'right', 'right', ...(withArithmetic ? (['right', 'right'] as const) : []), 'left'],
    style: plain,
  });
  for (const row of rows) {
    const arithmetic = [row.gflops?.toFixed(1) ?? '-', percent(row.fractionOfPeak)];
    table.push([
      `${row.name}\n  us per ${row.unit}`,
      digits(row.microseconds),
      row.spreadPercent.toFixed(1),
      ...(withArithmetic ? arithmetic : []),
      beside(row).join('\n'),
    ]);
  }
  return table.toString();
}

/** A line for each peer, for each peer that is missing, and for each number of the kind's own. */
function beside({ peers, missing = {}, details = {} }: Row): string[] {
  return [
    ...Object.entries(peers).map(([name, { microseconds, gflops, blas, ratio }]) => {
      const rate = typeof gflops === 'number' ? `, ${gflops.toFixed(1)} GFLOP/s` : '';
      const library = blas === undefined ? '' : ` on ${blas}`;
      return `${name}${library} ${digits(microseconds)} us${rate}; ${name}/ours ${ratio.toPrecision(4)}, ours/${name} ${(1 / ratio).toPrecision(4)}`;
    }),
    ...Object.entries(missing).map(([name, reason]) => `no ${name}: ${reason}`),
    ...Object.entries(details).map(([name, value]) => `${name} ${grouped(value)}`),
  ];
}

/** Targets whose trial is not among the rows are "not measured". */
export function targetTable(rows: readonly Row[], targets: readonly Target[]): string {
  const table = new Table({
    head: ['what', 'target', 'measured', ''],
    colAligns: ['left', 'right', 'right', 'left'],
    style: plain,
  });
  for (const { what, trial, quantity, bound } of targets) {
    const row = rows.find(({ name }) => name === trial);
    const value = row && measured(row, quantity);
    const sign =
      'atLeast' in bound ? `>= ${show(bound.atLeast, quantity)}` : `<= ${show(bound.atMost, quantity)}`;
    table.push([what, sign, value === undefined ? '-' : show(value, quantity), verdict(value, bound)]);
  }
  return table.toString();
}

function show(value: number, { kind }: Quantity): string {
  if (kind === 'fractionOfPeak') return percent(value);
  if (kind === 'peerOverOurs' || kind === 'oursOverPeer') return `${Number(value.toPrecision(4))}x`;
  return grouped(value);
}

function percent(fraction: number | undefined): string {
  return fraction === undefined ? '-' : `${(100 * fraction).toFixed(1)} %`;
}

/** Four digits, or whole microseconds where there are more. */
function digits(value: number): string {
  return value >= 1000 ? grouped(Math.round(value)) : String(Number(value.toPrecision(4)));
}

/** With thin groups of three: 1 234 567. */
function grouped(value: number): string {
  const rounded = Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
  return Math.abs(rounded) >= 1000 ? rounded.toLocaleString('en-US').replaceAll(',', ' ') : String(rounded);
}
