/** Files that other packages wrote, and what they answer (test/fixtures/exchange/make.py). */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { OutputMap } from '../../src/exchange/index.js';

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/exchange/${name}`, import.meta.url));
}

const expected = JSON.parse(readFileSync(fixture('expected.json'), 'utf8'));

/** [5][4] */
export const inputs = Float64Array.from(expected.inputs);
/** By the name of the file, [5][outputs]. */
export const outputs: Readonly<Record<string, readonly number[]>> = expected.outputs;

/** What a file answers from what the network in it does. rows: [samples][width] */
export function mapped(rows: ArrayLike<number>, width: number, output: OutputMap): number[] {
  if (output === 'linear') return Array.from(rows);
  return Array.from({ length: rows.length / width }, (_, i) => {
    const row = Array.from(rows).slice(i * width, (i + 1) * width);
    const total = row.reduce((sum, y) => sum + Math.exp(y), 0);
    return row.map((y) => (output === 'softmax' ? Math.exp(y) / total : y - Math.log(total)));
  }).flat();
}

/** Largest difference, in units of the largest number that is expected (or of 1, if that is smaller). */
export function relativeDifference(received: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (received.length !== wanted.length) return Number.POSITIVE_INFINITY;
  const scale = Math.max(1, ...Array.from(wanted, Math.abs));
  const differences = Array.from(wanted, (value, i) => Math.abs(value - (received[i] as number)) / scale);
  return differences.some(Number.isNaN) ? Number.NaN : Math.max(...differences);
}
