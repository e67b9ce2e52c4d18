/**
 * `npm run bench:endurance [-- --minutes 20]`: one sweep of thousands of small trials, and what it holds meanwhile, every few
 * seconds. Prints slopes per 1000 trials with their 95 % intervals: what a sweep keeps of a trial that has ended.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sweep } from 'eigenstudent/sweep';

/** Milliseconds between samples. */
const interval = 5000;
/** Part of the samples, from the first on, in which memory is still being taken up: compiled code, caches, arenas. */
const warmUp = 0.25;
/** Samples are averaged in so many blocks: those beside each other are not independent. */
const blocks = 12;
/** Of Student's t with `blocks` - 2 degrees of freedom, 97.5 %. */
const tQuantile = 2.228;

const quantities = {
  'resident memory, MiB': () => process.memoryUsage.rss() / 2 ** 20,
  'heap after collection, MiB': () => process.memoryUsage().heapUsed / 2 ** 20,
  'external memory, MiB': () => process.memoryUsage().external / 2 ** 20,
  'array buffers, MiB': () => process.memoryUsage().arrayBuffers / 2 ** 20,
  'open files': () => readdirSync('/proc/self/fd').length,
  'active resources': () => process.getActiveResourcesInfo().length,
} as const;
type Quantity = keyof typeof quantities;

interface Sample {
  /** Trials that have ended. */
  readonly trials: number;
  readonly values: Readonly<Record<Quantity, number>>;
}

/** 128 000 trials, of which each takes milliseconds: more than 20 minutes have. */
const protocol = {
  teacher: { inputs: 3, teacherSize: 2, secondWidth: 2 },
  data: { train: 40, validation: 16, test: 24 },
  student: { width: [4, 6], secondWidth: 2 },
  arms: {
    spectral: {
      optimizer: { adam: { learningRate: 0.01 } },
      batchSize: 16,
      l2: { eigenvectors: 0.01, eigenvaluesOut: 0.0005 },
    },
    direct: { optimizer: { adam: { learningRate: 0.01 } }, batchSize: 16, l2: { eigenvectors: 0.01 } },
  },
  epochs: 6,
  trials: 32_000,
  seed: 5,
  evaluation: { points: 3 },
};

function take(trials: number): Sample {
  globalThis.gc?.();
  const entries = Object.entries(quantities).map(([name, look]) => [name, look()]);
  return { trials, values: Object.fromEntries(entries) as Record<Quantity, number> };
}

async function run(minutes: number): Promise<Sample[]> {
  const directory = mkdtempSync(join(tmpdir(), 'eigenstudent-endurance-'));
  const samples: Sample[] = [];
  let ended = 0;
  let total = Infinity;
  const signal = AbortSignal.timeout(60_000 * minutes);
  const timer = setInterval(() => {
    if (signal.aborted || ended === total) return; // the summary, also of an interrupted sweep, reads every record
    samples.push(take(ended));
    if (samples.length % 12 === 0)
      process.stderr.write(`${ended} trials: ${JSON.stringify(samples.at(-1)?.values)}\n`);
  }, interval);
  try {
    await sweep(protocol, {
      directory,
      signal,
      onProgress: ({ trials }) => {
        ended = trials.finished + trials.failed;
        total = trials.total;
      },
    });
  } catch (error) {
    if ((error as { code?: string }).code !== 'interrupted') throw error;
  } finally {
    clearInterval(timer);
    rmSync(directory, { recursive: true });
  }
  return samples;
}

function blockMeans(samples: readonly Sample[], name: Quantity): { x: number; y: number }[] {
  const settled = samples.slice(Math.floor(warmUp * samples.length));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return Array.from({ length: blocks }, (_, i) => {
    const cut = (k: number) => Math.floor((k * settled.length) / blocks);
    const block = settled.slice(cut(i), cut(i + 1));
    return {
      x: mean(block.map(({ trials }) => trials / 1000)),
      y: mean(block.map(({ values }) => values[name])),
    };
  });
}

/** Least squares, with the half width of the 95 % interval of the slope. */
function slopeOf(points: readonly { x: number; y: number }[]): { slope: number; half: number } {
  const n = points.length;
  const [mx, my] = [points.reduce((s, { x }) => s + x, 0) / n, points.reduce((s, { y }) => s + y, 0) / n];
  const xx = points.reduce((s, { x }) => s + (x - mx) ** 2, 0);
  const slope = points.reduce((s, { x, y }) => s + (x - mx) * (y - my), 0) / xx;
  const residual = points.reduce((s, { x, y }) => s + (y - my - slope * (x - mx)) ** 2, 0);
  return { slope, half: tQuantile * Math.sqrt(residual / (n - 2) / xx) };
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } });
if (!globalThis.gc)
  throw new Error('expected node --expose-gc, so that the heap is looked at after a collection');
const samples = await run(Number(values.minutes));
if (samples.length < 4 * blocks)
  throw new Error(
    `expected ${4 * blocks} samples at least, there are ${samples.length}: give it more minutes`,
  );
const [first, last] = [samples[0] as Sample, samples.at(-1) as Sample];
console.log(
  `${last.trials} trials, ${samples.length} samples; slopes from ${100 * warmUp} % of the time on, per 1000 trials`,
);
for (const name of Object.keys(quantities) as Quantity[]) {
  const { slope, half } = slopeOf(blockMeans(samples, name));
  const range = `[${(slope - half).toFixed(4)}, ${(slope + half).toFixed(4)}]`;
  console.log(
    `${name}: ${first.values[name].toFixed(1)} at first, ${last.values[name].toFixed(1)} at last; ${slope.toFixed(4)} ${range}`,
  );
}
