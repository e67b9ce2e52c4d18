import type { SafetensorsFile } from '../files/safetensors.js';
import { readSomeTensors } from '../files/safetensors-part.js';
import { historyTensors, type LossHistory, readHistory } from '../runs/trial-arrays.js';

/** A loss history as the page draws it: few points, few digits; what is not finite is null. Each [n]. */
export type Curve = { readonly [Name in keyof LossHistory]: readonly (number | null)[] };

/** Points of one curve: as many as a chart a third of a screen wide can tell apart. */
const mostPoints = 48;

const none = new Float64Array(0);
const tensorNames = historyTensors({
  epoch: none,
  trainLoss: none,
  validationLoss: none,
  effectiveSize: none,
}).map(([name]) => name);

/**
 * The loss history in a trial's arrays or checkpoint; the rest of the file is not read.
 * @throws file_unreadable, file_corrupt
 */
export function readCurve(path: string): Curve {
  const file: SafetensorsFile = { tensors: readSomeTensors(path, tensorNames), metadata: {} };
  return thinned(readHistory(file, path));
}

/** At most `count` entries, the first and the last among them, the others evenly between. */
export function thinned(history: LossHistory, count = mostPoints): Curve {
  const length = history.epoch.length;
  const places =
    length <= count
      ? Array.from({ length }, (_, i) => i)
      : Array.from({ length: count }, (_, i) => Math.round((i * (length - 1)) / (count - 1)));
  const of = (values: Float64Array) => places.map((place) => shortened(values[place] as number));
  return {
    epoch: of(history.epoch),
    trainLoss: of(history.trainLoss),
    validationLoss: of(history.validationLoss),
    effectiveSize: of(history.effectiveSize),
  };
}

/** Four digits are more than a screen shows; whole numbers, epochs among them, keep theirs. */
function shortened(value: number): number | null {
  if (!Number.isFinite(value)) return null;
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}
