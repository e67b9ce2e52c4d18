/** Residual blocks in a list of layers: notation for layers with names and their sum. */
import { denseArray, invalid, knownKeys } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { checkLayer } from './check-layer.js';
import { describe } from './description.js';
import { activationOf, type Layer, placeOf } from './layers.js';
import type { NetworkSpec } from './network-spec.js';
import type { LayerOrBlock, ResidualBlock, ResidualOptions } from './residual-block.js';

const blockKeys = ['shortcut', 'activation', 'slope', 'name'];

/**
 * A residual block (arXiv 1512.03385): the output of `layers` plus what the block reads, which is the layer before it. It
 * stands for the layers, those of the shortcut, add() and, where there is one, activation(), in this order, each with its
 * own index. Blocks may be nested.
 * @throws invalid_argument
 */
export function residual(layers: readonly LayerOrBlock[], options: ResidualOptions = {}): ResidualBlock {
  const where = 'residual block';
  knownKeys(where, options, blockKeys);
  const { shortcut, activation, slope, name } = options;
  if (denseArray(`layers of ${where}`, 'an array of layers', layers).length === 0)
    throw invalid(`layers of ${where}`, 'at least one layer', layers);
  if (activation === undefined && slope !== undefined)
    throw invalid(`slope of ${where}`, "none without activation 'leakyRelu'", slope);
  return {
    kind: 'residual',
    layers: layers.map((one, i) => checkMember(`layers[${i}] of ${where}`, one)),
    ...(shortcut !== undefined && { shortcut: checkShortcut(`shortcut of ${where}`, shortcut) }),
    ...(activation !== undefined && activationOf(where, activation, slope)),
    ...placeOf(where, { name }),
  };
}

function checkMember(where: string, one: LayerOrBlock): LayerOrBlock {
  if (kindOf(one) !== 'residual') return checkLayer(where, one);
  const { kind: _, layers, ...options } = one as ResidualBlock;
  return residual(layers, options);
}

function checkShortcut(where: string, shortcut: readonly Layer[]): Layer[] {
  const advice = 'Leave shortcut out for the identity';
  if (denseArray(where, 'an array of layers', shortcut).length === 0)
    throw invalid(where, 'at least one layer', shortcut, advice);
  const block = shortcut.findIndex((layer: unknown) => kindOf(layer) === 'residual');
  if (block >= 0) throw invalid(`${where}[${block}]`, 'a layer that is no residual block', shortcut[block]);
  return shortcut.map((layer, i) => checkLayer(`${where}[${i}]`, layer));
}

function kindOf(layer: unknown): unknown {
  return typeof layer === 'object' && layer !== null ? (layer as LayerOrBlock).kind : undefined;
}

/** The two layers that the sum of a block reads, and the index of the sum. */
interface BlockSum {
  readonly block: string;
  readonly sum: number;
  readonly read: readonly [body: string, shortcut: string];
  readonly isIdentity: boolean;
}

/** A list without blocks, and the sums of those that it had. */
export interface Expanded {
  readonly layers: readonly Layer[];
  readonly sums: readonly BlockSum[];
}

/** @throws invalid_argument for a block written by hand that residual() would refuse */
export function expandBlocks(given: readonly LayerOrBlock[]): Expanded {
  return new Expansion(given);
}

class Expansion implements Expanded {
  readonly layers: Layer[] = [];
  readonly sums: BlockSum[] = [];
  readonly #taken: Set<string>;

  constructor(given: readonly LayerOrBlock[]) {
    this.#taken = new Set(namesIn(given));
    this.#expand(given);
  }

  #expand(given: readonly LayerOrBlock[]): void {
    for (const one of given) {
      if (kindOf(one) !== 'residual') this.layers.push(one as Layer);
      else this.#expandBlock(one as ResidualBlock);
    }
  }

  #expandBlock(block: ResidualBlock): void {
    const { kind: _, layers, ...options } = block;
    const { shortcut, name, ...f } = residual(layers, options);
    const own = name ?? this.#unused('residual');
    const read = this.#nameOfLast(`${own}.input`);
    this.#expand(layers);
    const body = this.#nameOfLast(`${own}.body`);
    const beside = shortcut ? this.#shortcut(shortcut, read, own) : read;
    const sum = f.activation === undefined ? own : this.#unused(`${own}.sum`);
    const isIdentity = shortcut === undefined;
    this.sums.push({ block: own, sum: this.layers.length, read: [body, beside], isIdentity });
    this.layers.push({ kind: 'add', name: sum, inputs: [body, beside] });
    if (f.activation === undefined) return;
    const { activation, slope } = f;
    this.layers.push({
      kind: 'activation',
      activation,
      ...(slope !== undefined && { slope }),
      name: own,
    });
  }

  /** The name of the shortcut's last layer. */
  #shortcut(shortcut: readonly Layer[], read: string, block: string): string {
    const [first, ...rest] = shortcut as readonly [Layer, ...Layer[]];
    this.layers.push(first.inputs ? first : { ...first, inputs: [read] }, ...rest);
    return this.#nameOfLast(`${block}.shortcut`);
  }

  /** The name of the last layer, which gets one if it has none. */
  #nameOfLast(proposed: string): string {
    const last = this.layers.at(-1);
    if (this.layers.length === 0) return 'input';
    if (kindOf(last) === undefined) return proposed; // no layer, which is refused later
    if (last?.name !== undefined) return last.name;
    const name = this.#unused(proposed);
    this.layers[this.layers.length - 1] = { ...(last as Layer), name };
    return name;
  }

  /** 'residual0', 'residual1', ...; other names as they are, if nothing has them. */
  #unused(proposed: string): string {
    const numbered = proposed === 'residual';
    let name = numbered ? `${proposed}0` : proposed;
    for (let k = 1; this.#taken.has(name); ++k) name = `${proposed}${k}`;
    this.#taken.add(name);
    return name;
  }
}

/** Of layers and blocks, those inside blocks included. */
function namesIn(given: readonly LayerOrBlock[]): string[] {
  return given.flatMap((one) => {
    if (typeof one !== 'object' || one === null) return [];
    const lists = one.kind === 'residual' ? [one.layers, one.shortcut].filter(Array.isArray) : [];
    const inside = lists.flatMap(namesIn);
    return one.name === undefined ? inside : [one.name, ...inside];
  });
}

/**
 * The error about a block whose sum reads two shapes; undefined where that is not what is wrong with the network.
 * @param spec has the expanded layers, and has been refused by native code
 */
export function shapesOfBlocks(spec: NetworkSpec, sums: Expanded['sums']): EigenstudentError | undefined {
  for (const { block, sum, read, isIdentity } of sums) {
    const below = { ...spec, layers: spec.layers.slice(0, sum), loss: 'mse' } as const;
    const shapes = shapesOf(below, read);
    if (shapes === undefined) return undefined;
    const [body, beside] = shapes;
    if (body.shape === beside.shape) continue;
    const shortcut = isIdentity ? 'its identity shortcut' : 'its shortcut';
    return new EigenstudentError(
      'invalid_network',
      `expected one shape of both summands of residual block '${block}', received ${body.shape} from its last layer ` +
        `(${body.layer}) and ${beside.shape} from ${shortcut} (${beside.layer}). Give it a shortcut that ends in ` +
        `${body.shape}, as conv2d(width, 1, { stride }) does for images and dense(width) for features`,
    );
  }
  return undefined;
}

/** Shapes as text, and which layers they are of; undefined where native code refuses these layers too. */
function shapesOf(spec: NetworkSpec, names: readonly [string, string]) {
  try {
    const { layers } = describe(spec);
    return names.map((name) => {
      const index = spec.layers.findIndex((layer) => layer.name === name);
      const shape = layers[index]?.shape ?? spec.inputShape ?? [spec.inputs];
      const layer =
        index < 0 ? "the network's input" : `layer ${index}, ${spec.layers[index]?.kind} '${name}'`;
      return { shape: shape.join(' x '), layer };
    }) as [Summand, Summand];
  } catch {
    return undefined;
  }
}

interface Summand {
  readonly shape: string;
  readonly layer: string;
}
