import { logTicks } from '../../figures/axes.js';

/** From values to cells of a plot in a terminal. */
export interface Scale {
  /** Cell of a value, 0 to cells - 1; nothing for what is outside, or is not drawn on a log axis. */
  cellOf(value: number): number | undefined;
  readonly ticks: readonly number[];
}

/** Where a single value stands, an axis needs an extent: a factor of two to both sides, arbitrary. */
const roomAroundOne = 2;

/** A log axis over all values that are positive and finite. */
export function logScale(values: Iterable<number>, cells: number): Scale {
  let [low, high] = [Infinity, 0];
  for (const value of values) {
    if (!(value > 0) || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high === 0) [low, high] = [1, 1];
  if (low === high) {
    low = Math.max(low / roomAroundOne, Number.MIN_VALUE);
    high = Math.min(high * roomAroundOne, Number.MAX_VALUE);
  }
  // Of logarithms, because a quotient of two float64 need not be one.
  const [first, span] = [Math.log(low), Math.log(high) - Math.log(low)];
  return {
    cellOf: (value) => (value > 0 ? cell((Math.log(value) - first) / span, cells) : undefined),
    ticks: logTicks([low, high]),
  };
}

/** A linear axis with about `wanted` round ticks. */
export function linearScale([low, high]: readonly [number, number], cells: number, wanted = 6): Scale {
  const rough = (high - low) / wanted;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((factor) => factor * unit >= rough) as number);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return {
    cellOf: (value) => cell((value - low) / (high - low), cells),
    ticks: Array.from({ length: count }, (_, i) => (first + i) * step),
  };
}

/** Rounding must not push the ends of an axis out of it. */
function cell(share: number, cells: number): number | undefined {
  const rounded = Math.round(share * (cells - 1));
  return rounded >= 0 && rounded < cells ? rounded : undefined;
}
