/** From the times of a few kinds of students to the time of a sweep. */

import type { Trial, TrialProtocol } from '../protocol/experiment-form.js';
import { dtypeOf, stepsOf } from '../protocol/place.js';
import type { Calibration, Timing } from './experiment.js';
import type { Shape } from './shapes.js';
import { fitStepTimes, type StepTimes } from './step-times.js';

/** A calibration with the number of students that trained side by side in it. */
export type Tried = Calibration & { readonly students: number };

export interface Forecast {
  readonly seconds: number;
  /** Where `seconds` may well lie, by what the calibration saw of itself; load that comes or goes moves it further. */
  readonly low: number;
  readonly high: number;
  readonly engines: readonly string[];
  /** Kinds of students that were timed, and those that were interpolated. */
  readonly shapes: { readonly timed: number; readonly interpolated: number };
}

/** For what else the machine does, clocks that slow down as it gets warm, and files. Arbitrary. */
const unknown = 0.1;

/** Of steps that were interpolated, where too few were timed to tell. Arbitrary. */
const unknownFit = 0.3;

interface Kind {
  readonly step: number;
  readonly report: number;
  readonly end: number;
  readonly inTurn: boolean;
  readonly students: number;
  /** Relative. */
  readonly error: number;
}

/** @param tried at least one of each dtype */
export function forecast(
  batches: readonly (readonly Trial[])[],
  shapes: readonly Shape[],
  tried: readonly Tried[],
  timing: Timing,
): Forecast {
  const kinds = kindsOf(shapes, tried, timing);
  let [seconds, doubt] = [0, 0];
  for (const batch of batches) {
    const time = secondsOfBatch(batch, kinds, timing);
    seconds += time.seconds;
    doubt += time.doubt;
  }
  const error = doubt / seconds + unknown;
  return {
    seconds,
    low: seconds / (1 + error),
    high: seconds * (1 + error),
    engines: [...new Set(tried.map(({ engine, protocol }) => `${engine} ${dtypeOf(protocol)}`))],
    shapes: { timed: tried.length, interpolated: shapes.length - tried.length },
  };
}

function kindsOf(shapes: readonly Shape[], tried: readonly Tried[], timing: Timing): Map<string, Kind> {
  const known = new Map(tried.map((each) => [timing.shapeOf(each.protocol), each]));
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
      const own = known.get(name);
      return [
        name,
        own ? { ...own, error: own.noise } : interpolated(protocol, fitOf(protocol), tried, timing),
      ];
    }),
  );
}

/** A step by the fit, and the rest as that of the tried kind that is nearest in arithmetic. */
function interpolated(
  protocol: TrialProtocol,
  fit: StepTimes,
  tried: readonly Tried[],
  { operationsPerStep }: Timing,
): Kind {
  const distance = (other: TrialProtocol) =>
    Math.abs(Math.log(operationsPerStep(other) / operationsPerStep(protocol)));
  const [nearest] = tried
    .filter((each) => dtypeOf(each.protocol) === dtypeOf(protocol))
    .toSorted((a, b) => distance(a.protocol) - distance(b.protocol)) as [Tried];
  const step = fit.of(operationsPerStep(protocol));
  return { ...nearest, step, error: nearest.noise + (fit.error ?? unknownFit) };
}

/** Students take the first place that falls free, the longest first; those that train in turn have all places. */
function secondsOfBatch(
  batch: readonly Trial[],
  kinds: ReadonlyMap<string, Kind>,
  timing: Timing,
): { seconds: number; doubt: number } {
  const places: number[] = [];
  let [after, doubtful, trained] = [0, 0, 0];
  for (const { protocol } of batch) {
    const kind = kinds.get(timing.shapeOf(protocol)) as Kind;
    const seconds = stepsOf(protocol) * kind.step;
    while (places.length < kind.students) places.push(0);
    if (kind.inTurn) after += seconds / kind.students;
    else places[places.indexOf(Math.min(...places))] = Math.min(...places) + seconds;
    after += timing.reportsOf(protocol) * kind.report + kind.end;
    doubtful += seconds * kind.error;
    trained += seconds;
  }
  const total = Math.max(0, ...places) + after;
  return { seconds: total, doubt: (total * doubtful) / trained };
}
