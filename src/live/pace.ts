/** How fast trials train, from what is seen of them on disk: checkpoints tell of steps long before a trial ends. */
export interface Pace {
  /** Of all students together. */
  readonly stepsPerSecond: number;
  readonly trialsPerHour: number;
  /** Seconds that it was seen for. */
  readonly seconds: number;
}

interface Sight {
  /** Seconds of a clock that is never set back. */
  readonly time: number;
  readonly steps: number;
  readonly ended: number;
}

/** Seconds. Checkpoints come every minute, so that less than a few of them would say little; both arbitrary. */
const longest = 600;
const shortest = 20;

export class PaceKeeper {
  #sights: Sight[] = [];

  /**
   * Takes note of how far all trials are, and tells the pace over the last ten minutes; null before it has seen anything
   * move for long enough.
   */
  note(now: Sight): Pace | null {
    const last = this.#sights.at(-1);
    // Another protocol, or trials that started again.
    if (last && (now.steps < last.steps || now.ended < last.ended)) this.#sights = [];
    this.#sights.push(now);
    // The first that stays is the latest that is old enough.
    const old = this.#sights.findLastIndex(({ time }) => now.time - time >= longest);
    if (old > 0) this.#sights.splice(0, old);
    const first = this.#sights[0] as Sight;
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
