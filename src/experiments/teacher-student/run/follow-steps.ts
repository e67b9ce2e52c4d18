/** Progress between two evaluations of a history, which a long protocol has few of. */
import type { Population } from '../../../population/population.js';
import type { StudentProtocol } from '../protocol/trial.js';
import { stepsOf } from '../protocol/trial-cost.js';

/** Milliseconds between two looks at the steps of students that train; arbitrary. */
const pause = 500;

export interface StepFollower {
  /** @throws what `onEpochs` threw meanwhile */
  check(): void;
  end(): void;
}

/**
 * Reads the steps of a population while it trains.
 * @param protocols of its students, in their order
 * @param onEpochs epochs that each has completed, a last part as a fraction, and steps of all of them per second
 */
export function followSteps(
  population: Population,
  protocols: readonly StudentProtocol[],
  onEpochs: (epochs: readonly number[], stepsPerSecond: number) => void,
): StepFollower {
  const perEpoch = protocols.map((protocol) => stepsOf(protocol) / protocol.epochs);
  const faults: unknown[] = [];
  let last = { total: totalOf(population.stepsNow()), time: performance.now() };
  const timer = setInterval(() => {
    const steps = population.stepsNow();
    if (!steps || faults.length > 0) return;
    const now = { total: totalOf(steps), time: performance.now() };
    const rate = (1000 * (now.total - last.total)) / (now.time - last.time);
    last = now;
    try {
      onEpochs(
        steps.map((count, i) => count / (perEpoch[i] as number)),
        rate,
      );
    } catch (error) {
      faults.push(error); // nobody catches what a timer throws
    }
  }, pause);
  return {
    check() {
      if (faults.length > 0) throw faults[0];
    },
    end: () => clearInterval(timer),
  };
}

function totalOf(steps: readonly number[] | null): number {
  return (steps ?? []).reduce((sum, count) => sum + count, 0);
}
