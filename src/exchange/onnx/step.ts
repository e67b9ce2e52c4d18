import type { Chain } from './chain.js';
import type { ChainGraph } from './graph.js';
import type { OnnxNode } from './schema.js';
import type { Shape } from './shapes.js';

/** A node with its place in the chain. */
export interface Step {
  readonly graph: ChainGraph;
  readonly chain: Chain;
  readonly node: OnnxNode;
  /** The tensor of the chain that the node reads, and its shape. */
  readonly current: string;
  readonly shape: Shape;
}
