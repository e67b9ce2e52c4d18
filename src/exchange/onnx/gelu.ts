/** GELU as exporters without the operator Gelu write it: x * 0.5 * (1 + erf(x / sqrt(2))), factors in any order. */
import type { ChainGraph } from './graph.js';
import type { OnnxNode } from './schema.js';

/** Of a constant that stands for sqrt(2), in float16 at worst. */
const tolerance = 1e-3;

/** The tensor that holds gelu(x), if that is what the nodes that take x compute. */
export function geluOf(graph: ChainGraph, x: string): string | undefined {
  const takers = graph.consumers(x);
  const scaled = takers.find((node) => isScaled(graph, node, x));
  const erf = scaled && follower(graph, scaled, 'Erf');
  const sum = erf && follower(graph, erf, 'Add');
  if (!sum || !near(graph.scalar(otherInput(sum, erf.output[0])), 1)) return undefined;
  const used = new Set<OnnxNode>([scaled]);
  const product = multiplied(graph, x, sum, used);
  return product !== undefined && takers.every((node) => used.has(node)) ? product : undefined;
}

/** Multiplies what `start` gives by x and by 0.5, each once, in whatever order the nodes do. */
function multiplied(graph: ChainGraph, x: string, start: OnnxNode, used: Set<OnnxNode>): string | undefined {
  let node = start;
  let [timesX, timesHalf] = [false, false];
  while (!timesX || !timesHalf) {
    const next = follower(graph, node, 'Mul');
    if (!next) return undefined;
    const other = otherInput(next, node.output[0]);
    const half = halved(graph, x, other);
    if (other === x && !timesX) timesX = true;
    else if (near(graph.scalar(other), 0.5) && !timesHalf) timesHalf = true;
    else if (half && !timesX && !timesHalf) {
      [timesX, timesHalf] = [true, true];
      used.add(half);
    } else return undefined;
    used.add(next);
    node = next;
  }
  return node.output[0];
}

/** x / sqrt(2) */
function isScaled(graph: ChainGraph, node: OnnxNode, x: string): boolean {
  if (node.opType === 'Div') return node.input[0] === x && near(graph.scalar(node.input[1]), Math.SQRT2);
  return node.opType === 'Mul' && near(graph.scalar(otherInput(node, x)), Math.SQRT1_2);
}

/** The node that gives `tensor`, if that is x * 0.5 and used nowhere else. */
function halved(graph: ChainGraph, x: string, tensor: string | undefined): OnnxNode | undefined {
  if (tensor === undefined || graph.consumers(tensor).length !== 1) return undefined;
  return graph
    .consumers(x)
    .find(
      (node) =>
        node.opType === 'Mul' && node.output[0] === tensor && near(graph.scalar(otherInput(node, x)), 0.5),
    );
}

/** The node of that kind which alone takes what `node` gives. */
function follower(graph: ChainGraph, node: OnnxNode, opType: string): OnnxNode | undefined {
  const next = graph.consumers(node.output[0] ?? '');
  return next.length === 1 && next[0]?.opType === opType ? next[0] : undefined;
}

function otherInput({ input }: OnnxNode, one: string | undefined): string | undefined {
  return input[0] === one ? input[1] : input[0];
}

function near(value: number | undefined, wanted: number): boolean {
  return value !== undefined && Math.abs(value - wanted) <= tolerance;
}
