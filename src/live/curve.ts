import { readSomeTensors } from '../files/safetensors-part.js';
import { float64 } from '../runs/trial-arrays.js';
import type { LiveView } from '../sweep/live-view.js';

/**
 * The histories of a trial as the page draws them, by name, `epoch` among them: reduced in points and digits;
 * non-finite numbers are null. All have one length.
 */
export type Curve = { readonly epoch: readonly (number | null)[] } & Readonly<
  Record<string, readonly (number | null)[]>
>;

/** Points of one curve: the resolution of a chart a third of a screen wide. */
const mostPoints = 48;

/**
 * The histories in a trial's arrays or checkpoint; the rest of the file is not read.
 * @throws file_unreadable, file_corrupt
 */
export function readCurve(path: string, { history }: Pick<LiveView, 'history'>): Curve {
  const file = { tensors: readSomeTensors(path, Object.values(history)), metadata: {} };
  const read = Object.entries(history).map(([name, tensor]) => [name, float64(file, tensor, path)]);
  return thinned(Object.fromEntries(read));
}

/** At most `count` entries, the first and the last among them, the others evenly between. */
export function thinned(
  history: { readonly epoch: Float64Array } & Readonly<Record<string, Float64Array>>,
  count = mostPoints,
): Curve {
  const length = history.epoch.length;
  const places =
    length <= count
      ? Array.from({ length }, (_, i) => i)
      : Array.from({ length: count }, (_, i) => Math.round((i * (length - 1)) / (count - 1)));
  const of = (values: Float64Array) => places.map((place) => shortened(values[place] as number));
  const thin = Object.entries(history).map(([name, values]) => [name, of(values)]);
  return Object.fromEntries(thin) as Curve;
}

/** Four digits exceed the resolution of a screen; integers, epochs among them, are not rounded. */
function shortened(value: number): number | null {
  if (!Number.isFinite(value)) return null;
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}
