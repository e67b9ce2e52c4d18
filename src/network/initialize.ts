/** First values of a network's parameters. */
import { allocate } from '../native/arrays.js';
import type { Initializer } from './layers.js';
import { type TensorPlace, tensorLayout } from './layout.js';
import { type NetworkSpec, tensorsOf } from './network-spec.js';
import { normals, type Purpose, uniforms } from './random.js';

/** Which stream a network's first values are drawn from. */
export interface InitialStream {
  readonly seed: number;
  readonly trial: number;
  readonly purpose: Purpose;
}

/**
 * First values of every tensor, by name, in float64; matrices row-major [N_out][N_in]. They depend on the stream and the
 * tensor alone: not on the layer's kind and not on other tensors.
 */
export function initialValues(spec: NetworkSpec, stream: InitialStream): Map<string, Float64Array> {
  return new Map(
    tensorLayout(spec).map((place) => {
      const layer = spec.layers[place.layer] as NetworkSpec['layers'][number];
      const { initialize = 0 } = tensorsOf(layer)[place.role] ?? {};
      return [place.name, draw(place, initialize, stream)] as const;
    }),
  );
}

/** A vector's fans are its own length, as in Keras; those of kernels count their places, k^2. */
function draw(place: TensorPlace, initialize: Initializer, stream: InitialStream): Float64Array {
  if (typeof initialize === 'number')
    return allocate('the first values', 'float64', place.size).fill(initialize);
  if (typeof initialize !== 'string') return Float64Array.from(initialize);
  const { part } = place;
  const [rows, columns = rows, ...kernel] = place.shape as [number, number?, ...number[]];
  const places = kernel.reduce((product, extent) => product * extent, 1);
  const [fanOut, fanIn] = [rows * places, columns * places];
  const uniform = (limit: number) => uniforms({ ...stream, part }, place.size, -limit, limit);
  const normal = (deviation: number) => normals({ ...stream, part }, place.size, deviation);
  switch (initialize) {
    case 'glorotUniform': // Glorot & Bengio 2010, eq. 16
      return uniform(Math.sqrt(6 / (fanIn + fanOut)));
    case 'glorotNormal':
      return normal(Math.sqrt(2 / (fanIn + fanOut)));
    case 'heUniform': // He et al. 2015, eq. 10
      return uniform(Math.sqrt(6 / fanIn));
    case 'heNormal':
      return normal(Math.sqrt(2 / fanIn));
    case 'orthonormalRows':
      return orthonormalize(normal(1), rows, fanIn);
  }
}

/**
 * Gram-Schmidt on the rows of a [rows][columns] matrix, in place. Each row is projected twice: once leaves an overlap
 * that grows with the condition number, twice brings it to rounding (Giraud et al. 2005).
 */
function orthonormalize(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const row = (i: number) => matrix.subarray(i * columns, (i + 1) * columns);
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, j) => sum + x * (b[j] as number), 0);
  for (let i = 0; i < rows; ++i) {
    const current = row(i);
    for (let pass = 0; pass < 2; ++pass) {
      for (let k = 0; k < i; ++k) {
        const other = row(k);
        const overlap = dot(current, other);
        for (let j = 0; j < columns; ++j)
          current[j] = (current[j] as number) - overlap * (other[j] as number);
      }
    }
    const norm = Math.sqrt(dot(current, current));
    for (let j = 0; j < columns; ++j) current[j] = (current[j] as number) / norm;
  }
  return matrix;
}
