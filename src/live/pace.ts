/** Measures the training speed from checkpoints and records on disk: checkpoints show steps long before a trial ends. */
export interface Pace {
  /** Of all students together. */
  readonly stepsPerSecond: number;
  readonly trialsPerHour: number;
  /** Duration of the measurement in seconds. */
  readonly seconds: number;
}

interface Observation {
  /** Seconds of a monotonic clock. */
  readonly time: number;
  readonly steps: number;
  readonly ended: number;
}

/** Seconds. Checkpoints are written every minute, so that less than a few of them would be inaccurate; both arbitrary. */
const longest = 600;
const shortest = 20;

export class PaceKeeper {
  #observations: Observation[] = [];

  /**
   * Adds an observation of the progress of all trials, and returns the pace over the last ten minutes; null before the
   * progress has changed over a sufficient time.
   */
  observe(now: Observation): Pace | null {
    const last = this.#observations.at(-1);
    // The protocol has changed, or trials have started again.
    if (last && (now.steps < last.steps || now.ended < last.ended)) this.#observations = [];
    this.#observations.push(now);
    // The latest observation that is old enough becomes the first.
    const old = this.#observations.findLastIndex(({ time }) => now.time - time >= longest);
    if (old > 0) this.#observations.splice(0, old);
    const first = this.#observations[0] as Observation;
    const seconds = now.time - first.time;
    if (seconds < shortest || now.steps === first.steps) return null;
    return {
      stepsPerSecond: rounded((now.steps - first.steps) / seconds),
      trialsPerHour: rounded(((now.ended - first.ended) * 3600) / seconds),
      seconds: Math.round(seconds),
    };
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
