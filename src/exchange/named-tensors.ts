/** A common interface to files of named arrays: safetensors and NPZ. */
import { didYouMean } from '../arguments.js';
import { readNpz } from '../data/npz.js';
import { EigenstudentError } from '../errors.js';
import type { SafetensorsHeader } from '../files/safetensors-header.js';
import { readSomeTensors } from '../files/safetensors-part.js';
import type { FloatArray } from '../native/addon.js';
import { isFloatArray } from '../native/arrays.js';
import { checkFiniteTensor } from './finite-tensor.js';

interface NamedTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Absent where the file has numbers of a dtype that is not read. */
  readonly data?: unknown;
}

/** Some arrays of a file, by name and shape; the other arrays are not read. */
export class NamedTensors {
  readonly #tensors: ReadonlyMap<string, NamedTensor>;
  readonly #names: readonly string[];

  private constructor(
    readonly path: string,
    names: readonly string[],
    tensors: ReadonlyMap<string, NamedTensor>,
  ) {
    this.#names = names;
    this.#tensors = tensors;
  }

  /** @throws file_unreadable, file_corrupt */
  static readSafetensors(
    path: string,
    { entries }: SafetensorsHeader,
    wanted: readonly string[],
  ): NamedTensors {
    const tensors = new Map<string, NamedTensor>([...entries, ...readSomeTensors(path, wanted)]);
    return new NamedTensors(path, [...entries.keys()], tensors);
  }

  /** @throws file_unreadable, file_corrupt; file_unsupported for what is not an array of numbers */
  static async readNpz(
    path: string,
    names: readonly string[],
    wanted: readonly string[],
  ): Promise<NamedTensors> {
    const found = wanted.filter((name) => names.includes(name));
    return new NamedTensors(path, names, found.length === 0 ? new Map() : await readNpz(path, found));
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

  #floats(name: string): { shape: readonly number[]; data: FloatArray } {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      const hint = didYouMean(name, this.#names);
      throw new EigenstudentError(
        'invalid_network',
        `expected tensor ${JSON.stringify(name)} in ${this.path}, found none of that name; it has ${this.#names.join(', ')}` +
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
      `expected tensor ${JSON.stringify(name)} of ${this.path} to hold floats of 16, 32 or 64 bits, received ${dtype}. ` +
        'Convert it before the file is written, as with tensor.float()',
    );
  }

  #unlike(name: string, expected: string, shape: readonly number[]): EigenstudentError {
    return new EigenstudentError(
      'invalid_network',
      `expected tensor ${JSON.stringify(name)} of ${this.path} to be ${expected}, received shape [${shape.join(', ')}]`,
    );
  }
}
