/**
 * Activations that several nodes compute: GELU as exporters without the operator Gelu write it, x * 0.5 * (1 + erf(x /
 * sqrt(2))), factors in any order; and scaledErf, erf(x / sqrt(2)).
 */
import type { ValueGraph } from './graph.js';
import { elementTypes, type OnnxNode } from './schema.js';
import type { Shape } from './shapes.js';
import type { Constant } from './tensor.js';

/**
 * Of a constant that stands for sqrt(2), relative. Exporters write up to five digits, by which GELU changes by less than 1e-5;
 * 16-bit floats of 8 and 11 bits are within 2e-4. 1 and 0.5 are exact in all of them.
 */
const tolerance = 2e-5;
const tolerance16 = 2e-4;

/** The tensor x, and whether a constant adds no axis to it. */
class Formula {
  constructor(
    readonly graph: ValueGraph,
    readonly x: string,
    readonly shape: Shape,
  ) {}

  consumers(tensor: string): readonly OnnxNode[] {
    return this.graph.consumers(tensor);
  }

  is(tensor: string | undefined, wanted: number): boolean {
    return near(this.graph.scalar(tensor, this.shape), wanted);
  }
}

/** The tensor that holds the activation of x, and the nodes that compute it. */
export interface ActivationFormula {
  readonly activation: 'gelu' | 'scaledErf';
  readonly tensor: string;
  readonly nodes: ReadonlySet<OnnxNode>;
}

/** The formula, if nodes that take x compute it; others may take x too. @param shape of x */
export function activationFormulaOf(
  within: ValueGraph,
  x: string,
  shape: Shape,
): ActivationFormula | undefined {
  if (within.opset < 9) return undefined; // opsets before 9 lack Erf
  const graph = new Formula(within, x, shape);
  const takers = graph.consumers(x);
  const scaled = takers.find((node) => isScaled(graph, node, x));
  const erf = scaled && follower(graph, scaled, 'Erf');
  if (!erf) return undefined;
  return geluOf(graph, x, scaled, erf) ?? scaledErfOf(graph, x, scaled, erf);
}

function geluOf(graph: Formula, x: string, scaled: OnnxNode, erf: OnnxNode): ActivationFormula | undefined {
  const sum = follower(graph, erf, 'Add');
  if (!sum || !graph.is(otherInput(sum, erf.output[0]), 1)) return undefined;
  const nodes = new Set<OnnxNode>([scaled, erf, sum]);
  const tensor = multiplied(graph, x, sum, nodes);
  return tensor === undefined ? undefined : { activation: 'gelu', tensor, nodes };
}

/** Of a constant that is sqrt(2) to float32 alone: another factor stays one, of the weights before an erf. */
function scaledErfOf(
  { graph, shape }: Formula,
  x: string,
  scaled: OnnxNode,
  erf: OnnxNode,
): ActivationFormula | undefined {
  const root = graph.scalar(otherInput(scaled, x), shape)?.data[0] as number;
  const wanted = scaled.opType === 'Div' ? Math.SQRT2 : Math.SQRT1_2;
  if (Math.fround(root) !== Math.fround(wanted)) return undefined;
  return { activation: 'scaledErf', tensor: erf.output[0] as string, nodes: new Set([scaled, erf]) };
}

/** Multiplies what `start` gives by x and by 0.5, each once, in whatever order the nodes do. */
function multiplied(graph: Formula, x: string, start: OnnxNode, used: Set<OnnxNode>): string | undefined {
  let node = start;
  let [timesX, timesHalf] = [false, false];
  while (!timesX || !timesHalf) {
    const next = follower(graph, node, 'Mul');
    if (!next) return undefined;
    const other = otherInput(next, node.output[0]);
    const half = halved(graph, x, other);
    if (other === x && !timesX) timesX = true;
    else if (graph.is(other, 0.5) && !timesHalf) timesHalf = true;
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
function isScaled(graph: Formula, node: OnnxNode, x: string): boolean {
  if (node.opType === 'Div') return node.input[0] === x && graph.is(node.input[1], Math.SQRT2);
  return node.opType === 'Mul' && graph.is(otherInput(node, x), Math.SQRT1_2);
}

/** The node whose output is `tensor`, if that is x * 0.5 and used nowhere else. */
function halved(graph: Formula, x: string, tensor: string | undefined): OnnxNode | undefined {
  if (tensor === undefined || graph.consumers(tensor).length !== 1) return undefined;
  return graph
    .consumers(x)
    .find((node) => node.opType === 'Mul' && node.output[0] === tensor && graph.is(otherInput(node, x), 0.5));
}

/** The node of that type, if it is the only one that reads the output of `node`. */
function follower(graph: Formula, node: OnnxNode, opType: string): OnnxNode | undefined {
  const next = graph.consumers(node.output[0] ?? '');
  return next.length === 1 && next[0]?.opType === opType ? next[0] : undefined;
}

function otherInput({ input }: OnnxNode, one: string | undefined): string | undefined {
  return input[0] === one ? input[1] : input[0];
}

function near(constant: Constant | undefined, wanted: number): boolean {
  if (constant === undefined) return false;
  const value = constant.data[0] as number;
  if (wanted === 1 || wanted === 0.5) return value === wanted;
  const is16 =
    constant.elementType === elementTypes.float16 || constant.elementType === elementTypes.bfloat16;
  return Math.abs(value / wanted - 1) <= (is16 ? tolerance16 : tolerance);
}
