/** Types of the native boundary: networks, and their descriptions by native code. */

/** A tensor of a layer, by its name in the layer's type. */
export interface NativeTensorSpec {
  readonly name: string;
  readonly trainable: boolean;
  /** Coefficients of the penalties: l1, l2 and those that src/network/layers.ts lists. */
  readonly [penalty: string]: string | number | boolean;
}

export interface NativeLayerSpec {
  /** The options of the layer's type (native/layers). */
  readonly options: {
    readonly type: string;
    readonly [option: string]: string | number | boolean | object | undefined;
  };
  /** 0: the network's input, k + 1: the output of layer k. */
  readonly reads: readonly number[];
  readonly tensors: readonly NativeTensorSpec[];
}

/** A tensor or a buffer, and its place in its block. */
export interface NativePlace {
  readonly layer: number;
  /** Its name in the layer. */
  readonly name: string;
  readonly shape: readonly number[];
  /** In scalars from the start of the block. */
  readonly offset: number;
  readonly size: number;
  /** For a tensor: the part of the stream that its first values are drawn from. */
  readonly part: number;
  /** Whether each row holds the incoming weights of one unit. */
  readonly hasRows: boolean;
  /** Axis that counts the units of the layer's output, or of the layer that it reads; -1: none. */
  readonly outputAxis: number;
  readonly inputAxis: number;
  /** For a buffer: its first value. */
  readonly initial: number;
}

/** Indices along the units' axis of an output: unit u of the group has `block` of them, one unit after the other. */
export interface NativeUnits {
  readonly group: number;
  readonly units: number;
  readonly block: number;
}

/** What follows from a network's spec (native/core/graph.h). */
export interface NativeDescription {
  readonly layers: readonly {
    /** Of one sample's output. */
    readonly shape: readonly number[];
    readonly reads: readonly number[];
    readonly units: readonly NativeUnits[];
    /** Whether the layer makes its units, one per filter or row of a matrix; else they are those of what it reads. */
    readonly makesUnits: boolean;
  }[];
  readonly tensors: readonly NativePlace[];
  readonly buffers: readonly NativePlace[];
  /** Scalars of the two blocks. */
  readonly parameters: number;
  readonly bufferScalars: number;
  /** By group of units: whether they may be removed, as neither inputs nor outputs of the network. */
  readonly hidden: readonly boolean[];
  /**
   * Why the network is not a chain of dense and spectral layers, which the fused paths train; absent where it
   * is one.
   */
  readonly noChain?: string;
}

export interface NativeNetworkSpec {
  /** Shape of one sample. */
  readonly input: readonly number[];
  readonly layers: readonly NativeLayerSpec[];
}

/**
 * A summand of the loss: the options of its kind (native/losses), the layer whose output it is of, and the
 * name of its targets.
 */
export interface NativeTerm {
  readonly loss: { readonly type: string; readonly [option: string]: string | number };
  readonly layer: number;
  /** Name of an array of the data; empty: its targets, or classes. */
  readonly target: string;
  readonly weight: number;
}
