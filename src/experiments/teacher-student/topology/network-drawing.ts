import { matchNodes, overlapMatrix } from '../../../analysis/topology/overlap.js';
import { signIsFree } from '../../../analysis/topology/symmetry.js';
import type { SubNetwork } from '../structure/sub-network.js';

export interface DrawnNode {
  readonly panel: string;
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

export interface DrawnEdge {
  readonly panel: string;
  readonly x: number;
  readonly y: number;
  readonly x2: number;
  readonly y2: number;
  /** |w| / largest |w| of the layer */
  readonly strength: number;
  readonly sign: 'positive' | 'negative';
}

/** Minimum relative width of an edge: more edges would hide the strong ones; arbitrary. */
export const thinnest = 0.4;
const layerNames = ['input', 'hidden node', 'second hidden node'];

/** Nodes by layer at x = 0, 1, 2, spread over y in (0, 1), first on top; edges by weight. */
export function networkDrawing(panel: string, { incoming, outgoing }: SubNetwork) {
  const counts = [incoming.columns, incoming.rows, outgoing.rows];
  const y = (layer: number, i: number) => 1 - (i + 0.5) / (counts[layer] as number);
  const nodes = counts.flatMap((count, layer) =>
    Array.from({ length: count }, (_, i): DrawnNode => {
      return { panel, x: layer, y: y(layer, i), label: `${layerNames[layer]} ${i + 1}` };
    }),
  );
  const edges = [incoming, outgoing].flatMap(({ columns, values }, layer): DrawnEdge[] => {
    const all = Array.from(values);
    const widest = all.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return all.flatMap((value, k) => {
      const strength = widest === 0 ? 0 : Math.abs(value) / widest;
      if (strength < thinnest) return [];
      const [from, to] = [k % columns, Math.floor(k / columns)];
      const ends = { x: layer, y: y(layer, from), x2: layer + 1, y2: y(layer + 1, to) };
      return [{ panel, ...ends, strength, sign: value < 0 ? 'negative' : 'positive' }];
    });
  });
  // Strong edges last, above the weak ones.
  return { nodes, edges: edges.sort((a, b) => a.strength - b.strength) };
}

/**
 * Orders the second hidden nodes as the teacher's nodes whose incoming weights are nearest; hidden ones are ordered
 * already.
 */
export function inSecondOrderOf(teacher: SubNetwork, student: SubNetwork): SubNetwork {
  const { rows, columns, values } = student.outgoing;
  const shared = Math.min(columns, teacher.outgoing.columns);
  const match = matchNodes(
    overlapMatrix(firstColumns(student.outgoing, shared), firstColumns(teacher.outgoing, shared), {
      signIsFree: signIsFree(student.symmetries[1], teacher.symmetries[1]),
    }),
  );
  const order = [
    ...match.pairs.toSorted((a, b) => a.teacher - b.teacher).map((pair) => pair.student),
    ...match.unmatchedStudent,
  ];
  const sorted = order.flatMap((row) => Array.from(values).slice(row * columns, (row + 1) * columns));
  return { ...student, outgoing: { rows, columns, values: sorted } };
}

function firstColumns(
  { rows, columns, values }: SubNetwork['outgoing'],
  count: number,
): SubNetwork['outgoing'] {
  return { rows, columns: count, values: Array.from(values).filter((_, k) => k % columns < count) };
}
