/** Estimates the time of a sweep from the measured times of a few kinds of students. */

import type { Trial, TrialProtocol } from '../protocol/experiment-form.js';
import { dtypeOf, stepsOf } from '../protocol/place.js';
import type { Calibration, Timing } from './experiment.js';
import type { Shape } from './shapes.js';
import { fitStepTimes, type StepTimes } from './step-times.js';

/** A calibration with the number of students that it trained side by side. */
export type MeasuredCalibration = Calibration & { readonly students: number };

export interface Forecast {
  readonly seconds: number;
  /** Range of `seconds` by the spread of the calibration; a change of the load of the machine goes beyond it. */
  readonly low: number;
  readonly high: number;
  readonly engines: readonly string[];
  /** Number of kinds of students that were timed, and of those whose time was interpolated. */
  readonly shapes: { readonly timed: number; readonly interpolated: number };
}

/** Relative uncertainty from other load, clock rates that drop as the machine heats up, and files. Arbitrary. */
const baseUncertainty = 0.1;

/** Relative uncertainty of interpolated steps where too few were timed to estimate it. Arbitrary. */
const fitUncertainty = 0.3;

interface Kind {
  readonly step: number;
  readonly report: number;
  readonly end: number;
  readonly inTurn: boolean;
  readonly students: number;
  /** Relative uncertainty. */
  readonly error: number;
}

/** @param tried at least one calibration for each dtype */
export function forecast(
  batches: readonly (readonly Trial[])[],
  shapes: readonly Shape[],
  tried: readonly MeasuredCalibration[],
  timing: Timing,
): Forecast {
  const kinds = kindsOf(shapes, tried, timing);
  let [seconds, uncertainty] = [0, 0];
  for (const batch of batches) {
    const time = secondsOfBatch(batch, kinds, timing);
    seconds += time.seconds;
    uncertainty += time.uncertainty;
  }
  const error = uncertainty / seconds + baseUncertainty;
  return {
    seconds,
    low: seconds / (1 + error),
    high: seconds * (1 + error),
    engines: [...new Set(tried.map(({ engine, protocol }) => `${engine} ${dtypeOf(protocol)}`))],
    shapes: { timed: tried.length, interpolated: shapes.length - tried.length },
  };
}

function kindsOf(
  shapes: readonly Shape[],
  tried: readonly MeasuredCalibration[],
  timing: Timing,
): Map<string, Kind> {
  const timed = new Map(tried.map((each) => [timing.shapeOf(each.protocol), each]));
  const fits = new Map<string, StepTimes>();
  const fitOf = (trial: TrialProtocol) => {
    const dtype = dtypeOf(trial);
    const steps = tried
      .filter(({ protocol }) => dtypeOf(protocol) === dtype)
      .map(({ protocol, step }) => ({ operations: timing.operationsPerStep(protocol), seconds: step }));
    const fit = fits.get(dtype) ?? fitStepTimes(steps);
    fits.set(dtype, fit);
    return fit;
  };
  return new Map(
    shapes.map(({ name, protocol }) => {
      const own = timed.get(name);
      return [
        name,
        own ? { ...own, error: own.noise } : interpolated(protocol, fitOf(protocol), tried, timing),
      ];
    }),
  );
}

/** The time of a step by the fit; the other times are those of the timed kind whose arithmetic is nearest. */
function interpolated(
  protocol: TrialProtocol,
  fit: StepTimes,
  tried: readonly MeasuredCalibration[],
  { operationsPerStep }: Timing,
): Kind {
  const distance = (other: TrialProtocol) =>
    Math.abs(Math.log(operationsPerStep(other) / operationsPerStep(protocol)));
  const [nearest] = tried
    .filter((each) => dtypeOf(each.protocol) === dtypeOf(protocol))
    .toSorted((a, b) => distance(a.protocol) - distance(b.protocol)) as [MeasuredCalibration];
  const step = fit.of(operationsPerStep(protocol));
  return { ...nearest, step, error: nearest.noise + (fit.error ?? fitUncertainty) };
}

/**
 * Each student is assigned to the first free place, the longest first; students that train one after the other use the
 * whole device.
 */
function secondsOfBatch(
  batch: readonly Trial[],
  kinds: ReadonlyMap<string, Kind>,
  timing: Timing,
): { seconds: number; uncertainty: number } {
  const places: number[] = [];
  let [after, uncertainSeconds, trained] = [0, 0, 0];
  for (const { protocol } of batch) {
    const kind = kinds.get(timing.shapeOf(protocol)) as Kind;
    const seconds = stepsOf(protocol) * kind.step;
    while (places.length < kind.students) places.push(0);
    if (kind.inTurn) after += seconds / kind.students;
    else places[places.indexOf(Math.min(...places))] = Math.min(...places) + seconds;
    after += timing.reportsOf(protocol) * kind.report + kind.end;
    uncertainSeconds += seconds * kind.error;
    trained += seconds;
  }
  const total = Math.max(0, ...places) + after;
  return { seconds: total, uncertainty: (total * uncertainSeconds) / trained };
}
