/** The layers that are gathered from an ONNX graph, each after those that it reads. */
import type { OutputMap } from '../../assemble.js';
import { type Dimension, type FloatType, product, type Shape } from '../shapes.js';
import { type FileInput, type FileLayer, type FilePlain, sizeOf } from './file-layers.js';

/** A tensor that the graph computes of its input. */
export interface Value {
  readonly tensor: string;
  /** The layer whose output it holds. Undefined: the network's input, in whatever shape it is read. */
  readonly from: FileLayer | undefined;
  /** In the file, samples first. Moves change it and leave `from` as it is. */
  readonly shape: Shape;
  readonly elementType: FloatType;
  /**
   * Set where the numbers of a sample lie in the order rows, columns, channels, though the layer, or the
   * network's input, has the channels first: that image, [channels, height, width].
   */
  readonly channelsLast: readonly number[] | undefined;
  /** The function of the outputs that was applied last, which only ends a network. */
  readonly map: OutputMap;
}

export class FileNetwork {
  #layers: FileLayer[] = [];

  get layers(): readonly FileLayer[] {
    return this.#layers;
  }

  add<Layer extends FileLayer>(layer: Layer): Layer {
    this.#layers.push(layer);
    return layer;
  }

  /**
   * The layer that gives a value as an image [channels, height, width]; undefined where it holds none.
   * Images of the network's input have known extents.
   */
  image({ from, shape, channelsLast }: Value): FileLayer | undefined {
    const inFile = shape?.slice(1);
    if (channelsLast !== undefined && inFile?.join() !== [...channelsLast.slice(1), channelsLast[0]].join())
      return undefined;
    const extents = channelsLast ?? inFile;
    if (extents?.length !== 3 || !extents.every((extent) => typeof extent === 'number')) return undefined;
    if (from === undefined) return this.#input(extents);
    return from.shape.length === 3 && from.shape.every((extent, axis) => extent === extents[axis])
      ? from
      : undefined;
  }

  /**
   * The layer that gives the numbers of a sample as features.
   * @param count how many there are, where the file does not say; undefined where nothing says
   */
  features({ from, shape, tensor }: Value, count?: number): FileLayer | undefined {
    if (from === undefined) {
      const size = numbersOf(shape) ?? count;
      return size === undefined ? undefined : this.#input([size]);
    }
    if (from.shape.length === 1) return from;
    const known = this.#layers.find((layer) => layer.kind === 'flatten' && layer.reads[0] === from);
    return known ?? this.add(flattenOf(from, tensor));
  }

  /** The layer for operations on single numbers, whose order is that of the layer that is read. */
  numbers(value: Value): FileLayer | undefined {
    const { from, shape, channelsLast } = value;
    if (from?.shape.length === 3 && (channelsLast !== undefined || shape?.length === 4)) return from;
    return (from === undefined ? this.image(value) : undefined) ?? this.features(value);
  }

  /** Replaces a layer wherever it is read. */
  replace(old: FileLayer, by: FileLayer): void {
    for (const layer of this.#layers) layer.reads = layer.reads.map((read) => (read === old ? by : read));
  }

  /** The input in one shape; layers that read it share it, and it stands before them. */
  #input(shape: readonly number[]): FileInput {
    const same = (layer: FileLayer): layer is FileInput =>
      layer.kind === 'input' && layer.shape.join() === shape.join();
    const known = this.#layers.find(same);
    if (known) return known;
    const input: FileInput = { kind: 'input', node: undefined, tensor: 'input', shape, reads: [] };
    this.#layers.unshift(input);
    return input;
  }

  /** The network's input as features. */
  inputFeatures(size: number): FileInput {
    return this.#input([size]);
  }

  /** Leaves out the layers that the output does not depend on. */
  keepOnly(output: FileLayer): void {
    const needed = new Set<FileLayer>([output]);
    for (const layer of [...this.#layers].reverse())
      if (needed.has(layer)) for (const read of layer.reads) needed.add(read);
    this.#layers = this.#layers.filter((layer) => needed.has(layer));
  }

  /** The layers that read each layer, each once per reading. */
  readers(): Map<FileLayer, FileLayer[]> {
    const readers = new Map<FileLayer, FileLayer[]>(this.#layers.map((layer) => [layer, []]));
    for (const layer of this.#layers) for (const read of layer.reads) readers.get(read)?.push(layer);
    return readers;
  }
}

/** Numbers of a sample of a declared or computed shape; undefined where that is not known. */
function numbersOf(shape: readonly Dimension[] | undefined): number | undefined {
  return shape === undefined ? undefined : (product(shape.slice(1)) ?? undefined);
}

function flattenOf(image: FileLayer, tensor: string): FilePlain {
  const size = sizeOf(image);
  return { kind: 'flatten', node: undefined, tensor: `${tensor}.flatten`, shape: [size], reads: [image] };
}
