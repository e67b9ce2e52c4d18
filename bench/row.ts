/** A row of results: one element of the file that --json writes. */
import type { Measurement, PeerTime, Trial } from './trials/kind.js';

export interface Row extends Omit<Measurement, 'peers'> {
  readonly name: string;
  readonly threads: number;
  /** What the microseconds are of. */
  readonly unit: string;
  /** Useful arithmetic only (arithmetic.ts); absent where there is none. */
  readonly gflops?: number;
  /** Of the multiply-add rate of as many cores as threads, measured on one core next to this trial. */
  readonly fractionOfPeak?: number;
  readonly peers: Readonly<Record<string, PeerTime>>;
}

/** @param peakGflops of one core; undefined where it could not be measured */
export function rowOf(trial: Trial, measurement: Measurement, peakGflops: number | undefined): Row {
  const { name, threads, unit, operations } = trial;
  const { peers, details, missing, ...rest } = measurement;
  const extras = { ...filled('details', details), ...filled('missing', missing) };
  if (operations === undefined) return { name, threads, unit, ...rest, ...extras, peers };
  const gflops = gflopsOf(operations, measurement.microseconds);
  const withRates = Object.entries(peers).map(([peer, time]) => [
    peer,
    { ...time, gflops: gflopsOf(operations, time.microseconds) },
  ]);
  return {
    name,
    threads,
    unit,
    ...rest,
    ...extras,
    gflops,
    ...(peakGflops !== undefined && { fractionOfPeak: gflops / (threads * peakGflops) }),
    peers: Object.fromEntries(withRates),
  };
}

function gflopsOf(operations: number, microseconds: number): number {
  return operations / microseconds / 1000;
}

/** A field that is left out when there is nothing in it. */
function filled<Values extends object>(name: string, values: Values | undefined): Record<string, Values> {
  return values && Object.keys(values).length > 0 ? { [name]: values } : {};
}
