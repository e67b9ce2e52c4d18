/** What a population holds, the most that the process ever held, and whether it grows with the epochs. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Dataset, Population, type StudentOptions, train } from 'eigenstudent';
import { stepsPerEpoch } from '../arithmetic.js';
import {
  paperBatch,
  paperData,
  paperSamples,
  paperStudent,
  wideBatch,
  wideData,
  wideStudent,
} from '../students.js';
import { interleaved } from '../timing.js';
import { TrainingContender } from '../training.js';
import type { Measurement, Trial, TrialContext } from './kind.js';

/** A population as a function of how many patterns it trains on. */
interface Subject {
  readonly samples: number;
  readonly batchSize: number;
  readonly data: (samples: number) => Promise<Dataset>;
  readonly students: (data: Dataset) => StudentOptions[];
}

const paperSubject = (students: number, width: number): Subject => ({
  samples: paperSamples,
  batchSize: paperBatch,
  data: async (samples) => (await paperData(samples)).train,
  students: (data) =>
    Array.from({ length: students }, (_, seed) => paperStudent('spectral', width, data, seed)),
});

const wideSubject: Subject = {
  samples: wideBatch,
  batchSize: wideBatch,
  data: async (samples) => wideData(samples),
  students: (data) => [wideStudent(data, wideBatch)],
};

export const memoryTrials: readonly Trial[] = [
  trialOf('held/paper/1xh1000', true, (context) => measureHeld(paperSubject(1, 1000), context)),
  trialOf('held/paper/64xh20', true, (context) => measureHeld(paperSubject(64, 20), context)),
  trialOf('held/wide/1xh4096', false, (context) => measureHeld(wideSubject, context)),
  trialOf('flat/paper/1xh20', true, measureGrowth),
];

function trialOf(name: string, quick: boolean, measure: Trial['measure']): Trial {
  return { name: `memory/${name}`, threads: 1, quick, unit: "student's step", programs: [], measure };
}

async function measureHeld(subject: Subject, { seconds }: TrialContext): Promise<Measurement> {
  const singlePatternBytes = await bytesOnOnePattern(subject);
  const population = await create(subject, subject.samples);
  await population.run(1);
  const details = split(population, singlePatternBytes);
  const steps = stepsPerEpoch(subject.samples, subject.batchSize) * population.size;
  const { engine } = population;
  const ours = new TrainingContender('ours', steps, [population]);
  // the time is beside the point here; it shows that what is weighed is also at work
  const timing = await interleaved(ours, [], { seconds: Math.min(seconds, 0.5), fewest: 2 });
  ours.finish();
  return { engine, ...timing, details: { ...details, peakRssBytes: peakRss() } };
}

async function create({ data, students }: Subject, samples: number): Promise<Population> {
  return Population.create(students(await data(samples)), { device: 'cpu', threads: 1 });
}

/** Before the population itself, so that the two are never held at once and the peak is the population's own. */
async function bytesOnOnePattern(subject: Subject): Promise<number> {
  const population = await create(subject, 1);
  await population.run(1);
  const { bytes } = population;
  population.dispose();
  return bytes;
}

/**
 * Where the bytes are. Parameters and Adam's two moments follow from the layout. A block of activations grows with the
 * batch and the parameters do not: it is what the population has more than the same one trained on a single pattern
 * (short of that pattern's own row; the epoch's order, 4 bytes per pattern, goes with it). The rest is the thread's own
 * copies: packed parameters, moments, gradients and weights.
 */
function split(population: Population, singlePatternBytes: number): Record<string, number> {
  const populationBytes = population.bytes;
  const activationBytes = populationBytes - singlePatternBytes;
  const counts = population.students().map((student) => student.network().parameters.length);
  const parameterBytes = 4 * counts.reduce((sum, count) => sum + count, 0);
  const optimizerBytes = 2 * parameterBytes;
  const needed = parameterBytes + optimizerBytes + activationBytes;
  return {
    populationBytes,
    parameterBytes,
    optimizerBytes,
    activationBytes,
    threadCopiesBytes: populationBytes - needed,
    populationOverNeeded: populationBytes / needed,
  };
}

/** Through the loop of train(), whose reports are garbage too, a report every 50 epochs. */
async function measureGrowth(): Promise<Measurement> {
  const population = await create(paperSubject(1, 20), paperSamples);
  const loop = train(population, { every: 50, evaluateTrain: false });
  const collectGarbage = garbageCollector();
  const rssAt = async (target: number) => {
    for (let epoch = 0; epoch < target; ) epoch = (await loop.next()).value?.epoch ?? NaN;
    collectGarbage();
    return process.memoryUsage.rss();
  };
  const early = await rssAt(100);
  const start = performance.now();
  const late = await rssAt(10_000);
  const milliseconds = performance.now() - start;
  const { engine } = population;
  population.dispose();
  return {
    engine,
    microseconds: (1000 * milliseconds) / (9900 * stepsPerEpoch(paperSamples, paperBatch)),
    spreadPercent: 0,
    samples: 1,
    peers: {},
    details: {
      rssAfter100EpochsBytes: early,
      rssAfter10000EpochsBytes: late,
      growthBytes: late - early,
      peakRssBytes: peakRss(),
    },
  };
}

/** Node has one, under a flag; without a collection the heap's own tides would be taken for growth. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function peakRss(): number {
  return process.resourceUsage().maxRSS * 1024;
}
