/** Several contenders timed in turn, in one process, so that whatever slows the machine slows them all. */
import { Bench } from 'tinybench';
import { median, pairedRatio } from './statistics.js';
import type { PeerTime } from './trials/kind.js';

export interface Contender {
  readonly name: string;
  /** Units (steps, curves, calls) that one repeat holds; may be a fraction. */
  readonly unitsPerRepeat: number;
  /** Does that many repeats and gives the milliseconds they took. */
  run(repeats: number): Promise<number>;
  /** What goes beside its time, as in the version of a library. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

export interface Timing {
  readonly microseconds: number;
  readonly spreadPercent: number;
  readonly samples: number;
  readonly peers: Readonly<Record<string, PeerTime>>;
}

export interface Budget {
  readonly seconds: number;
  /** Least length of a sample: it must dwarf the way through the event loop and back (tens of microseconds). */
  readonly secondsPerSample?: number;
  /** Samples of each contender, at least. */
  readonly fewest?: number;
}

/** A contender with the number of repeats that make a sample long enough. */
interface Calibrated {
  readonly contender: Contender;
  readonly repeats: number;
  /** Milliseconds of each round, timed together with everybody else's. */
  readonly samples: number[];
}

/** A function of one repeat that is awaited. */
export function contender(name: string, unitsPerRepeat: number, work: () => Promise<unknown>): Contender {
  const run = async (repeats: number) => {
    const start = performance.now();
    for (let i = 0; i < repeats; ++i) await work();
    return performance.now() - start;
  };
  return { name, unitsPerRepeat, run };
}

/**
 * Times `ours` and its rivals in rounds; who goes first moves on with every round, since whoever follows a rival finds
 * the caches as that one left them.
 */
export async function interleaved(
  ours: Contender,
  rivals: readonly Contender[],
  { seconds, secondsPerSample = 0.02, fewest = 5 }: Budget,
): Promise<Timing> {
  const all: Calibrated[] = [];
  for (const one of [ours, ...rivals]) all.push(await calibrate(one, 1000 * secondsPerSample));
  const [first] = all as [Calibrated];
  let round = 0;
  const bench = new Bench({ time: 1000 * seconds, iterations: fewest, warmup: false, throws: true });
  const timeRound = async () => {
    const before = performance.now();
    for (let i = 0; i < all.length; ++i) {
      const { contender, repeats, samples } = all[(round + i) % all.length] as Calibrated;
      samples.push(await contender.run(repeats));
    }
    ++round;
    const cost = performance.now() - before;
    return { overriddenDuration: first.samples.at(-1) as number, overriddenIterationCost: cost };
  };
  bench.add(ours.name, timeRound, { async: true });
  await bench.run();
  return summary(bench, all);
}

function summary(bench: Bench, [ours, ...rivals]: readonly Calibrated[]): Timing {
  const result = bench.tasks[0]?.result;
  if (result?.state !== 'completed' || !ours) throw new Error(`the benchmark ended as ${result?.state}`);
  const { p50, mad, samplesCount } = result.latency;
  const peers = rivals.map((rival) => [rival.contender.name, peerTime(rival, ours)]);
  return {
    microseconds: microsecondsOf(p50, ours),
    spreadPercent: (100 * mad) / p50,
    samples: samplesCount,
    peers: Object.fromEntries(peers),
  };
}

function peerTime(peer: Calibrated, ours: Calibrated): PeerTime {
  const times = (one: Calibrated) => one.samples.map((sample) => microsecondsOf(sample, one));
  return {
    ...peer.contender.facts,
    microseconds: median(times(peer)),
    ratio: pairedRatio(times(peer), times(ours)),
  };
}

function microsecondsOf(milliseconds: number, { contender, repeats }: Calibrated): number {
  return (1000 * milliseconds) / (repeats * contender.unitsPerRepeat);
}

/** Warms up and finds how many repeats fill a sample. */
async function calibrate(contender: Contender, sampleMilliseconds: number): Promise<Calibrated> {
  let repeats = 1;
  let taken = await contender.run(repeats);
  let spent = taken;
  while (taken < sampleMilliseconds) {
    repeats = Math.ceil(repeats * Math.min(10, (1.2 * sampleMilliseconds) / Math.max(taken, 1e-3)));
    taken = await contender.run(repeats);
    spent += taken;
  }
  while (spent < warmUpMilliseconds) spent += await contender.run(repeats);
  return { contender, repeats, samples: [] };
}

/** Arbitrary; longer than clocks need to rise and the engine to compile the loop. */
const warmUpMilliseconds = 500;
