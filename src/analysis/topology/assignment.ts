import type { CheckedMatrix } from './matrix.js';

/**
 * The one-to-one assignment of min(rows, columns) pairs with the smallest sum of costs, by shortest augmenting paths
 * (Jonker and Volgenant, Computing 38, 325, 1987; rectangular: Crouse, IEEE Trans. Aerosp. Electron. Syst. 52, 1679, 2016).
 * O(rows columns min(rows, columns)).
 * @param costs finite
 * @returns [row, column] pairs, by row
 */
export function assign(costs: CheckedMatrix): [number, number][] {
  const { rows, columns, values } = costs;
  if (rows <= columns) return rowsToColumns(costs);
  const transposed = values.map((_, k) => values[(k % rows) * columns + Math.floor(k / rows)] as number);
  return rowsToColumns({ rows: columns, columns: rows, values: transposed })
    .map(([column, row]): [number, number] => [row, column])
    .sort((a, b) => a[0] - b[0]);
}

/** rows <= columns */
function rowsToColumns(costs: CheckedMatrix): [number, number][] {
  const rowOf = new Int32Array(costs.columns).fill(-1);
  const prices = { row: new Float64Array(costs.rows), column: new Float64Array(costs.columns) };
  for (let row = 0; row < costs.rows; ++row) augment(costs, row, rowOf, prices);
  return Array.from(rowOf.entries())
    .filter(([, row]) => row >= 0)
    .map(([column, row]): [number, number] => [row, column])
    .sort((a, b) => a[0] - b[0]);
}

/** Duals: cost - row price - column price is at least 0 everywhere and 0 on the assigned. */
interface Prices {
  readonly row: Float64Array;
  readonly column: Float64Array;
}

/** Assigns one more row along the cheapest alternating path from it to a free column (Dijkstra on reduced costs). */
function augment(costs: CheckedMatrix, start: number, rowOf: Int32Array, prices: Prices): void {
  const { columns, values } = costs;
  const distance = new Float64Array(columns).fill(Infinity);
  /** The column before, on the path to each; -1 for the start. */
  const previous = new Int32Array(columns).fill(-1);
  const reached: number[] = [];
  const open = new Set(Array.from({ length: columns }, (_, j) => j));
  let [row, column, length] = [start, -1, 0];
  do {
    let nearest = -1;
    for (const j of open) {
      const reduced =
        (values[row * columns + j] as number) - (prices.row[row] as number) - (prices.column[j] as number);
      if (length + reduced < (distance[j] as number)) {
        distance[j] = length + reduced;
        previous[j] = column;
      }
      if (nearest < 0 || (distance[j] as number) < (distance[nearest] as number)) nearest = j;
    }
    column = nearest;
    length = distance[column] as number;
    open.delete(column);
    reached.push(column);
    row = rowOf[column] as number;
  } while (row >= 0);
  prices.row[start] = (prices.row[start] as number) + length;
  for (const j of reached) {
    const slack = length - (distance[j] as number);
    prices.column[j] = (prices.column[j] as number) - slack;
    const owner = rowOf[j] as number;
    if (owner >= 0) prices.row[owner] = (prices.row[owner] as number) + slack;
  }
  for (let j = column; j >= 0; j = previous[j] as number) {
    const before = previous[j] as number;
    rowOf[j] = before < 0 ? start : (rowOf[before] as number);
  }
}
