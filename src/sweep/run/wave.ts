/** Trains the trials of one wave side by side and measures each as soon as it has finished. */
import type { Splits } from '../../data/splits.js';
import { EigenstudentError } from '../../errors.js';
import type { ChosenDevice } from '../../network/device.js';
import { Population } from '../../network/population.js';
import { throwIfInterrupted } from '../../network/steps.js';
import { describeLayerwise, type TrainReport } from '../../training/report.js';
import { train } from '../../training/train.js';
import type { DamagedTrial } from '../directory/run-directory.js';
import { continueTrial, type TrialProgress, writeTrialCheckpoint } from '../directory/trial-checkpoint.js';
import type { Trial } from '../protocol/trials.js';
import { insistOn } from './insist-on.js';
import { NodeLog } from './node-log.js';
import { divergedOutcome, finishedOutcome, type Outcome, score, type TrialAtWork } from './outcome.js';
import type { Profiler } from './profile.js';
import { severalAtOnce } from './several-at-once.js';
import type { SharedData } from './shared-data.js';
import { studentOptions } from './student.js';
import { type Latest, latestOf, TrialLog } from './trial-log.js';
import { chunkOf } from './waves.js';

export interface WaveOptions {
  readonly directory: string;
  readonly data: SharedData;
  readonly chosen: ChosenDevice;
  readonly threads: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Seconds. */
  readonly checkpointEvery: number;
  readonly profiler: Profiler;
  /** Whether the trial is still this process's own. */
  readonly isOurs: (trial: Trial) => Promise<boolean>;
  /** Epochs completed by each trial, steps of all of them per second, and how they do. */
  readonly onEpochs: (
    epochs: readonly number[],
    studentStepsPerSecond: number,
    latest: Latest | null,
  ) => void;
  /** Called with trials that are too large for a GPU's resident kernels, before they train. */
  readonly onLayerwise: (trials: readonly LayerwiseTrial[]) => void;
  /** Called for a trial that goes on from its checkpoint. */
  readonly onContinue: (trial: ContinuedTrial) => void;
  /** Called for a trial whose checkpoint cannot be continued: it starts again. */
  readonly onRestart: (trial: DamagedTrial) => void;
  /** Called once a trial, finished or failed, for several at once; training waits for it. */
  readonly onTrial: (trial: Trial, outcome: Outcome) => Promise<void>;
}

/** A trial that did not start from nothing. */
export interface ContinuedTrial {
  readonly key: string;
  /** Epochs that it had behind it. */
  readonly epoch: number;
}

/** A trial whose student a GPU trains layer by layer, which takes longer: see Execution. */
export interface LayerwiseTrial {
  readonly key: string;
  readonly width: number;
  readonly reason: string;
}

/**
 * Trials that have a checkpoint go on from it, each from its own epoch; every history has its entries at the same epochs as
 * that of an undisturbed trial. Interrupted, the wave leaves a checkpoint of every trial that has not ended.
 * @param trials of one dtype, one number of epochs and one of points
 * @throws interrupted; what onTrial throws; what training throws other than a divergence, which becomes a failed record
 */
export async function trainWave(trials: readonly Trial[], options: WaveOptions): Promise<void> {
  const { profiler, checkpointEvery, signal } = options;
  const [first] = trials;
  if (first === undefined) return;
  const splits: Splits[] = [];
  await profiler.time('data', async () => {
    for (const { protocol } of trials) splits.push(await options.data.of(protocol));
  });
  const population = createPopulation(trials, splits, options);
  const stop = () => population.stop(); // train() listens by itself; what comes before it does not
  signal?.addEventListener('abort', stop);
  try {
    throwIfInterrupted(signal);
    options.onLayerwise(layerwiseOf(population, trials));
    const before = await profiler.time('writing', () => continueTrials(trials, population, options));
    const wave = new Wave(trials, splits, population, before, options);
    await profiler.time('evaluation', () => wave.begin());
    await trainAndMeasure(wave, population, {
      every: chunkOf(first.protocol),
      ...(signal && { signal }),
      checkpoint: { save: () => wave.save(), everySeconds: checkpointEvery },
      onReport: (report) => wave.follow(report),
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    population.dispose();
  }
}

function createPopulation(trials: readonly Trial[], splits: readonly Splits[], options: WaveOptions) {
  const { device, devices } = options.chosen;
  const { threads } = options;
  const students = trials.map(({ protocol }, i) => studentOptions(protocol, splits[i] as Splits));
  const dtype = trials[0]?.protocol.dtype as 'float32' | 'float64';
  return Population.create(students, {
    dtype,
    device,
    ...(device === 'cuda' && { devices }),
    ...(threads && { threads }),
  });
}

function layerwiseOf(population: Population, trials: readonly Trial[]): LayerwiseTrial[] {
  return describeLayerwise(population.students()).map(({ student, reason }) => {
    const { key, protocol } = trials[student] as Trial;
    return { key, width: protocol.student.width, reason };
  });
}

/** What was left of each trial, its student set to it. */
async function continueTrials(
  trials: readonly Trial[],
  population: Population,
  { directory, onContinue, onRestart }: WaveOptions,
): Promise<(TrialProgress | undefined)[]> {
  const before: (TrialProgress | undefined)[] = [];
  for (const [i, { key }] of trials.entries()) {
    try {
      const known = await continueTrial(directory, key, population, i);
      before.push(known);
      if (known) onContinue({ key, epoch: population.at(i).progress().epoch });
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      onRestart({ key, reason: error.message });
      before.push(undefined);
    }
  }
  return before;
}

/** What is neither training nor writing is evaluation: losses, relevance, pruning curves. */
async function trainAndMeasure(
  wave: Wave,
  population: Population,
  options: NonNullable<Parameters<typeof train>[1]>,
): Promise<void> {
  const { profiler, onEpochs } = wave.options;
  const start = profiler.total;
  const written = profiler.of('writing');
  let training = 0;
  try {
    for await (const report of train(population, options)) {
      training = report.secondsTraining;
      await wave.keepEnded(report);
      onEpochs(report.epochs, report.studentStepsPerSecond, wave.latest());
    }
  } finally {
    profiler.add('training', training);
    profiler.add('evaluation', profiler.total - start - training - (profiler.of('writing') - written));
  }
}

class Wave {
  #logs: TrialLog[] = [];

  constructor(
    readonly trials: readonly Trial[],
    readonly splits: readonly Splits[],
    readonly population: Population,
    readonly before: readonly (TrialProgress | undefined)[],
    readonly options: WaveOptions,
  ) {}

  /** Looks at the students before their first step. */
  async begin(): Promise<void> {
    const { before, splits } = this;
    const fresh = splits.map(({ test }, i) => (before[i] ? null : test));
    const losses = fresh.some((test) => test !== null)
      ? await this.population.evaluate(fresh)
      : fresh.map(() => ({ loss: NaN }));
    this.#logs = before.map((known, i) => {
      const { protocol } = this.trials[i] as Trial;
      const initialTestLoss = known?.initialTestLoss ?? (losses[i] as { loss: number }).loss;
      // A trial that was begun without a history of its nodes goes on without one: it would lack its beginning.
      const nodes = known && !known.nodeHistory ? undefined : NodeLog.of(protocol, known?.nodeHistory);
      const log = new TrialLog(initialTestLoss, known, nodes);
      if (nodes && !known) log.noteNodes(score(protocol, this.population.at(i)));
      return log;
    });
  }

  #at(i: number): TrialAtWork {
    return {
      trial: this.trials[i] as Trial,
      splits: this.splits[i] as Splits,
      student: this.population.at(i),
      engine: this.population.engine,
      log: this.#logs[i] as TrialLog,
    };
  }

  /** Takes note of a report. */
  follow(report: TrainReport): void {
    this.#logs.forEach((log, i) => {
      const epoch = report.epochs[i] as number;
      if (epoch <= log.epoch || report.stopped[i] === 'diverged') return;
      const { trial, student } = this.#at(i);
      const scored = score(trial.protocol, student);
      log.note({
        epoch,
        trainLoss: report.trainLoss[i] as number,
        validationLoss: report.validationLoss?.[i] as number,
        effectiveSize: scored.effectiveSize,
      });
      log.noteNodes(scored);
    });
  }

  /** How the trials do, at the last evaluation of each. */
  latest(): Latest | null {
    return latestOf(this.#logs.filter(({ epoch }) => epoch > 0));
  }

  /** Keeps how far each trial is that has begun and not ended. */
  async save(): Promise<void> {
    const due = [...this.population.progress().entries()].filter(
      ([i, { step, divergence }]) => step > 0 && !divergence && !this.#logs[i]?.ended,
    );
    const { directory, profiler, isOurs } = this.options;
    await profiler.time('writing', () =>
      severalAtOnce(due, async ([i, { secondsTrained }]) => {
        const { trial, log } = this.#at(i);
        if (!(await isOurs(trial))) return;
        const progress = log.progress(secondsTrained);
        await writeTrialCheckpoint(directory, trial.key, this.population, i, progress);
      }),
    );
  }

  /** Measures and keeps the trials that ended with a report. */
  async keepEnded(report: TrainReport): Promise<void> {
    const ended = this.#logs.flatMap(({ ended }, i) => (report.stopped[i] !== null && !ended ? [i] : []));
    if (ended.length === 0) return;
    const tests = this.splits.map(({ test }, i) => (ended.includes(i) ? test : null));
    const evaluations = await insistOn(() => this.population.evaluate(tests));
    const outcomes: [Trial, Outcome][] = [];
    for (const i of ended) {
      const work = this.#at(i);
      const divergence = report.divergences.find(({ student }) => student === i);
      const testLoss = (evaluations[i] as { loss: number }).loss;
      const outcome = divergence ? divergedOutcome(work, divergence) : await finishedOutcome(work, testLoss);
      outcomes.push([work.trial, outcome]);
      work.log.ended = true;
    }
    const { profiler, onTrial } = this.options;
    await profiler.time('writing', () =>
      severalAtOnce(outcomes, ([trial, outcome]) => onTrial(trial, outcome)),
    );
  }
}
