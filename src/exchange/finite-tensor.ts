import { EigenstudentError } from '../errors.js';
import type { FloatArray } from '../native/addon.js';

/**
 * A network with a weight that is not finite predicts NaN, and no training fixes it: the file is refused.
 * @param where names the tensor in errors, as in 'tensor "fc1.weight" of model.onnx'
 * @throws invalid_network with the tensor, the place of the first such number and how many there are
 */
export function checkFiniteTensor(where: string, shape: readonly number[], data: FloatArray): void {
  const first = data.findIndex((value: number) => !Number.isFinite(value));
  if (first < 0) return;
  let broken = 0;
  for (const value of data) if (!Number.isFinite(value)) ++broken;
  throw new EigenstudentError(
    'invalid_network',
    `expected finite numbers in ${where}, received ${data[first]} at [${placeOf(first, shape).join(', ')}]; ${broken} of ` +
      `${data.length} are not finite. The model had diverged, or overflowed in a conversion, before it was saved: export it again ` +
      'from an earlier checkpoint, or in float32',
  );
}

/** Indices of a position in a row-major array. */
function placeOf(position: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = position;
  for (const size of [...shape].reverse()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}
