/** Files of named arrays, safetensors and NPZ, as one kind of thing. */
import { didYouMean } from '../arguments.js';
import { readNpz } from '../data/npz.js';
import { EigenstudentError } from '../errors.js';
import type { FloatArray } from '../native/addon.js';
import { isFloatArray } from '../network/arrays.js';
import type { SafetensorsFile } from '../network/safetensors.js';
import { checkFiniteTensor } from './finite-tensor.js';

interface NamedTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: unknown;
}

/** The arrays of a file, asked for by name and shape. */
export class NamedTensors {
  readonly #tensors: ReadonlyMap<string, NamedTensor>;

  private constructor(
    readonly path: string,
    tensors: ReadonlyMap<string, NamedTensor>,
  ) {
    this.#tensors = tensors;
  }

  static fromSafetensors(path: string, { tensors }: SafetensorsFile): NamedTensors {
    return new NamedTensors(path, tensors);
  }

  /** @throws file_unreadable, file_corrupt; file_unsupported for arrays of objects */
  static async readNpz(path: string): Promise<NamedTensors> {
    return new NamedTensors(path, await readNpz(path));
  }

  /** A matrix and its [rows, columns]. @throws invalid_network */
  matrix(name: string): { data: FloatArray; rows: number; columns: number } {
    const { shape, data } = this.#floats(name);
    const [rows, columns] = shape;
    if (shape.length === 2 && rows && columns) return { data, rows, columns };
    throw this.#unlike(name, 'a matrix', shape);
  }

  /** A vector of `length`; [1, n] and [n, 1], as Keras has eigenvalues, count as one. @throws invalid_network */
  vector(name: string, length: number): FloatArray {
    const { shape, data } = this.#floats(name);
    const isVector = shape.filter((size) => size !== 1).length <= 1 && shape.length <= 2;
    if (isVector && data.length === length) return data;
    throw this.#unlike(name, `${length} numbers`, shape);
  }

  /** "fc1.weight, fc1.bias" */
  list(): string {
    return [...this.#tensors.keys()].join(', ');
  }

  #floats(name: string): { shape: readonly number[]; data: FloatArray } {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      const hint = didYouMean(name, [...this.#tensors.keys()]);
      throw new EigenstudentError(
        'invalid_network',
        `expected tensor ${JSON.stringify(name)} in ${this.path}, found none of that name; it has ${this.list()}` +
          (hint && `. ${hint}`),
      );
    }
    const { shape, dtype, data } = tensor;
    if (isFloatArray(data)) {
      checkFiniteTensor(`tensor ${JSON.stringify(name)} of ${this.path}`, shape, data);
      return { shape, data };
    }
    throw new EigenstudentError(
      'invalid_network',
      `expected tensor ${JSON.stringify(name)} of ${this.path} to hold 32-bit or 64-bit floats, received ${dtype}`,
    );
  }

  #unlike(name: string, expected: string, shape: readonly number[]): EigenstudentError {
    return new EigenstudentError(
      'invalid_network',
      `expected tensor ${JSON.stringify(name)} of ${this.path} to be ${expected}, received shape [${shape.join(', ')}]`,
    );
  }
}
