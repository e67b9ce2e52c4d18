import type { Writable } from 'node:stream';
import { Presets, SingleBar } from 'cli-progress';
import { counted, short } from '../figures/numbers-in-text.js';
import type { SweepProgress } from '../sweep/progress.js';

export interface ProgressDisplay {
  update(progress: SweepProgress): void;
  end(): void;
}

/** Without a terminal, seconds between lines: a log of hours stays readable. */
const secondsBetweenLines = 10;
/** The first line is printed earlier, once there is an estimate of the remaining time. */
const secondsToFirstLine = 2;

/** A bar on a terminal, otherwise a line after two seconds and then every ten. */
export function progressDisplay(stream: Writable & { readonly isTTY?: boolean }): ProgressDisplay {
  return stream.isTTY ? bar(stream) : lines(stream);
}

function bar(stream: Writable): ProgressDisplay {
  const single = new SingleBar(
    {
      stream: stream as NodeJS.WritableStream,
      format: '{bar} {percentage} % | {trials} | {left}{latest} | {rate}',
      // The rest fits in a line of 100 characters.
      barsize: 16,
      hideCursor: true,
      // The terminal's signals must reach this process: see interruptible.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(progress) {
      if (progress.steps.total === 0) return;
      const payload = {
        trials: trials(progress),
        rate: rate(progress),
        left: left(progress),
        latest: latest(progress, ' | '),
      };
      if (!started) single.start(progress.steps.total, 0, payload);
      started = true;
      // The bar is proportional to the arithmetic, so that it advances evenly; steps of narrow students are shorter.
      single.update(Math.floor(progress.fraction * progress.steps.total), payload);
    },
    end() {
      if (started) single.stop();
    },
  };
}

function lines(stream: Writable): ProgressDisplay {
  let last: number | undefined;
  return {
    update(progress) {
      const due =
        last === undefined
          ? progress.secondsElapsed >= secondsToFirstLine && progress.secondsLeft !== null
          : progress.secondsElapsed - last >= secondsBetweenLines;
      if (progress.steps.total === 0 || !due) return;
      last = progress.secondsElapsed;
      const percent = Math.floor(100 * progress.fraction);
      const { done, total } = progress.steps;
      stream.write(
        `${percent} %, ${done} of ${total} steps, ${trials(progress)}, ${rate(progress)}, ${left(progress)}${latest(progress, ', ')}\n`,
      );
    },
    end() {},
  };
}

function trials({ trials: { total, finished, failed } }: SweepProgress): string {
  return `${finished} of ${counted(total, 'trial')}${failed > 0 ? `, ${failed} failed` : ''}`;
}

/** "12.3 k steps/s" */
function rate({ studentStepsPerSecond: value }: SweepProgress): string {
  const [divisor, unit] = value >= 1e6 ? [1e6, 'M '] : value >= 1e4 ? [1e3, 'k '] : [1, ''];
  return `${(value / divisor).toFixed(divisor === 1 ? 0 : 1)} ${unit}steps/s`;
}

function left({ secondsLeft }: SweepProgress): string {
  return secondsLeft === null ? 'time left unknown' : `${duration(secondsLeft)} left`;
}

/** "loss 0.0123, n_λ 28", medians for several trials; empty before there was an evaluation. */
function latest({ latest: now }: SweepProgress, separator: string): string {
  if (!now) return '';
  const { trials: count, values } = now;
  const text = Object.entries(values)
    .map(([name, value]) => `${name} ${short(value)}`)
    .join(', ');
  return `${separator}${count === 1 ? text : `${text} (medians of ${count})`}`;
}

/** "2 h 05 min", "1 min 10 s", "8 s" */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s` : `${whole} s`;
}
