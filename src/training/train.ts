import { EigenstudentError, reasonOf } from '../errors.js';
import type { Dataset } from '../network/dataset.js';
import type { Evaluation } from '../network/evaluation.js';
import type { Population } from '../population/population.js';
import type { Progress } from '../population/student.js';
import { brokenParameters, lookForBroken } from './broken-parameters.js';
import { saveCheckpoint } from './checkpoint.js';
import { type CheckpointOptions, planTraining, type TrainOptions, type TrainPlan } from './options.js';
import { describeDivergences, describeLayerwise, type Stopped, type TrainReport } from './report.js';
import { trainingMemory } from './training-memory.js';

/** Milliseconds; setTimeout treats larger values as no delay. */
const longestTimer = 2 ** 31;
/** Milliseconds; arbitrary, longer than a thread needs to begin. */
const shortestRun = 50;

/**
 * Trains a population to the end of every student's `epochs`, in chunks of `every` epochs, with a report
 * after each. A student that has finished, stopped early or diverged no longer trains while the others go on.
 * Leaving the loop, or aborting, leaves a population that a further train() continues with the same results;
 * the population keeps the state of early stopping. A population that has finished already gives one report.
 * @throws at the call: invalid_argument, data_mismatch. While iterating: interrupted (the signal was aborted or
 *   population.stop() called; the cause is the signal's reason), population_busy, population_disposed, file_unwritable
 */
export function train(population: Population, options: TrainOptions = {}): AsyncGenerator<TrainReport, void> {
  return iterate(new Training(population, planTraining(population, options)));
}

/** Data, or null, per student, and the arrays for their losses. */
interface Asked {
  readonly data: readonly (Dataset | null)[];
  readonly into: number[];
}

async function* iterate(training: Training): AsyncGenerator<TrainReport, void> {
  training.listen();
  try {
    for (;;) {
      const report = await training.advance();
      yield report;
      if (report.stopped.every((reason) => reason !== null)) return;
    }
  } finally {
    training.unlisten();
  }
}

class Training {
  readonly #started = performance.now();
  readonly #stop = () => this.population.stop();
  #trainLoss: number[];
  #validationLoss: number[];
  /** Evaluations are not repeated for students that have not trained since. */
  #seenAt: number[];
  #secondsTraining = 0;
  /** Milliseconds before a run may be stopped for a checkpoint. */
  #shortestRun = shortestRun;
  #savedEpoch: number | undefined;
  #savedTime = performance.now();
  #saves = 0;
  /** Students whose first parameters are not finite are found before they train. */
  #looked = false;

  constructor(
    readonly population: Population,
    readonly plan: TrainPlan,
  ) {
    this.#trainLoss = Array(population.size).fill(NaN);
    this.#validationLoss = Array(population.size).fill(NaN);
    this.#seenAt = Array(population.size).fill(NaN);
  }

  listen(): void {
    this.plan.signal?.addEventListener('abort', this.#stop);
  }

  unlisten(): void {
    this.plan.signal?.removeEventListener('abort', this.#stop);
  }

  /** One chunk, its evaluation, its checkpoint, its report. */
  async advance(): Promise<TrainReport> {
    try {
      const { progress, studentStepsPerSecond } = await this.#runChunk();
      await this.#evaluate(progress);
      const report = this.#report(progress, studentStepsPerSecond);
      this.plan.onReport?.(report);
      await this.#saveIfDue(report);
      return report;
    } catch (error) {
      const interrupted = error instanceof EigenstudentError && error.code === 'interrupted';
      if (interrupted && this.plan.checkpoint) await this.#save(this.plan.checkpoint);
      throw error;
    }
  }

  /** Trains every active student to its next report. Returns how far they are, and steps of all students per second. */
  async #runChunk(): Promise<{ progress: Progress[]; studentStepsPerSecond: number }> {
    this.#throwIfAborted();
    const before = this.population.progress();
    this.#lookAgain();
    for (const [i, { epoch }] of before.entries()) this.#resetAfterRollback(epoch, i);
    const targets = before.map((progress, i) => this.#nextEpoch(progress, i));
    const trainedBefore = this.#secondsTraining;
    const progress = await this.#runTo(targets, before);
    const seconds = this.#secondsTraining - trainedBefore;
    lookForBroken(
      this.population,
      progress.flatMap(({ step, divergence }, i) => (step === before[i]?.step || divergence ? [] : [i])),
    );
    const steps = progress.reduce((sum, { step }, i) => sum + step - (before[i] as Progress).step, 0);
    return { progress, studentStepsPerSecond: steps === 0 ? 0 : steps / seconds };
  }

  /** A student that was broken may have been restored since. */
  #lookAgain(): void {
    const { population } = this;
    lookForBroken(
      population,
      this.#looked ? [...brokenParameters(population).keys()] : population.students().keys(),
    );
    this.#looked = true;
  }

  /** Where a checkpoint becomes due during the run, the run is stopped after a step, and goes on after it. */
  async #runTo(targets: readonly number[], start: readonly Progress[]): Promise<Progress[]> {
    for (let before = start; ; ) {
      const paused = await this.#runUntilDue(targets);
      this.#throwIfAborted();
      const after = this.population.progress();
      const short = after.some(({ epoch, divergence }, i) => !divergence && epoch < (targets[i] as number));
      if (!short) return after;
      // An interrupted step is undone: where steps are long, repeated stops would make no progress.
      if (after.every(({ step }, i) => step === before[i]?.step)) this.#shortestRun *= 2;
      before = after;
      if (!paused) throw this.#interrupted('population.stop() was called');
      await this.#save(this.plan.checkpoint as CheckpointOptions);
    }
  }

  /** Returns whether it was stopped for a checkpoint. */
  async #runUntilDue(targets: readonly number[]): Promise<boolean> {
    const everySeconds = this.#checkpointInterval();
    const start = performance.now();
    let paused = false;
    const pause = () => {
      paused = true;
      this.population.stop();
    };
    const left = everySeconds === undefined ? Infinity : 1000 * everySeconds - (start - this.#savedTime);
    const timer = left < longestTimer ? setTimeout(pause, Math.max(left, this.#shortestRun)) : undefined;
    try {
      await this.population.run(targets);
    } finally {
      clearTimeout(timer);
      this.#secondsTraining += (performance.now() - start) / 1000;
    }
    return paused;
  }

  /** Reports fall on multiples of `every`, whatever epoch training was interrupted at. */
  #nextEpoch(progress: Progress, i: number): number {
    if (this.#stopped(progress, i) !== null) return progress.epoch;
    const { evaluatedEpoch } = trainingMemory(this.population)[i] as { evaluatedEpoch: number };
    const boundary = (Math.floor(evaluatedEpoch / this.plan.every) + 1) * this.plan.every;
    return Math.min(boundary, this.population.at(i).options.epochs);
  }

  #stopped({ epoch, divergence }: Progress, i: number): Stopped | null {
    if (divergence || brokenParameters(this.population).has(i)) return 'diverged';
    if (epoch >= this.population.at(i).options.epochs) return 'finished';
    const { earlyStopping } = this.plan;
    const waited = trainingMemory(this.population)[i]?.waited ?? 0;
    return earlyStopping && waited >= earlyStopping.patience ? 'early' : null;
  }

  async #evaluate(progress: readonly Progress[]): Promise<void> {
    const { plan, population } = this;
    const moved = progress.map(({ step }, i) => step !== this.#seenAt[i]);
    const asked: Asked[] = [{ data: plan.validation, into: this.#validationLoss }];
    if (plan.evaluateTrain)
      asked.push({ data: population.students().map(({ options }) => options.data), into: this.#trainLoss });
    else this.#trainLoss = progress.map(({ batchLoss }) => batchLoss);
    await this.#losses(
      asked.map(({ data, into }) => ({ data: data.map((one, i) => (moved[i] ? one : null)), into })),
    );
    this.#seenAt = progress.map(({ step }) => step);
    for (const [i, { epoch }] of progress.entries()) this.#remember(epoch, i);
  }

  /** All data in one native call, because each call starts a thread. */
  async #losses(asked: readonly Asked[]): Promise<void> {
    const open = asked.filter(({ data }) => data.some((one) => one !== null));
    if (open.length === 0) return;
    const found = await this.#rethrowInterrupted(this.population.evaluateSets(open.map(({ data }) => data)));
    for (const [set, { data, into }] of open.entries())
      for (const [i, { loss }] of (found[set] as Evaluation[]).entries()) if (data[i]) into[i] = loss;
  }

  /**
   * An interrupted evaluation has a message of its own; the caller waits for training and gets the message of
   * interrupted training.
   */
  async #rethrowInterrupted<Result>(evaluation: Promise<Result>): Promise<Result> {
    try {
      return await evaluation;
    } catch (error) {
      this.#throwIfAborted();
      if (error instanceof EigenstudentError && error.code === 'interrupted')
        throw this.#interrupted('population.stop() was called', error);
      throw error;
    }
  }

  /** An epoch counts once, however often it is evaluated. */
  #remember(epoch: number, i: number): void {
    const memory = trainingMemory(this.population)[i];
    if (!memory || epoch <= memory.evaluatedEpoch) return;
    memory.evaluatedEpoch = epoch;
    if (!this.plan.earlyStopping) return;
    const loss = this.#validationLoss[i] as number;
    const improved = loss < memory.best - this.plan.earlyStopping.minImprovement;
    if (improved) memory.best = loss;
    memory.waited = improved ? 0 : memory.waited + 1;
  }

  /** For a student that was restored to an earlier state, early stopping starts again from there. */
  #resetAfterRollback(epoch: number, i: number): void {
    const memory = trainingMemory(this.population)[i];
    if (memory && epoch < memory.evaluatedEpoch)
      Object.assign(memory, { evaluatedEpoch: epoch, best: Infinity, waited: 0 });
  }

  #report(progress: readonly Progress[], studentStepsPerSecond: number): TrainReport {
    const { population, plan } = this;
    const epochs = progress.map(({ epoch }) => epoch);
    return {
      epoch: epochs.reduce((largest, epoch) => Math.max(largest, epoch), 0),
      epochs,
      trainLoss: [...this.#trainLoss],
      ...(plan.validation.some((data) => data !== null) && { validationLoss: [...this.#validationLoss] }),
      stopped: progress.map((one, i) => this.#stopped(one, i)),
      divergences: describeDivergences(population.students(), progress, brokenParameters(population)),
      layerwise: describeLayerwise(population.students()),
      secondsElapsed: (performance.now() - this.#started) / 1000,
      secondsTraining: this.#secondsTraining,
      studentStepsPerSecond,
    };
  }

  async #saveIfDue({ epoch, stopped }: TrainReport): Promise<void> {
    const { checkpoint } = this.plan;
    if (!checkpoint) return;
    const { every } = checkpoint;
    const everySeconds = this.#checkpointInterval();
    const atEnd = stopped.every((reason) => reason !== null);
    const always = every === undefined && everySeconds === undefined;
    const saved = this.#savedEpoch ?? epoch - this.plan.every;
    const epochsDue = every !== undefined && Math.floor(epoch / every) > Math.floor(saved / every);
    const secondsDue =
      everySeconds !== undefined && performance.now() - this.#savedTime >= 1000 * everySeconds;
    if (!(atEnd || always || epochsDue || secondsDue)) return;
    await this.#save(checkpoint);
    this.#savedEpoch = epoch;
  }

  async #save({ path, save }: CheckpointOptions): Promise<void> {
    if (save) await save(this.population);
    else await saveCheckpoint(this.population, path as string);
    this.#savedTime = performance.now();
    this.#saves += 1;
  }

  /** Seconds from the last checkpoint to the next. */
  #checkpointInterval(): number | undefined {
    const { everySeconds, firstSeconds } = this.plan.checkpoint ?? {};
    if (everySeconds === undefined || firstSeconds === undefined) return everySeconds;
    return Math.min(everySeconds, firstSeconds * 2 ** this.#saves);
  }

  #throwIfAborted(): void {
    const { signal } = this.plan;
    if (!signal?.aborted) return;
    const reason: unknown = signal.reason;
    throw this.#interrupted(reasonOf(reason), reason);
  }

  #interrupted(reason: string, cause?: unknown): EigenstudentError {
    const epochs = this.population.progress().map(({ epoch }) => epoch);
    const range = `${Math.min(...epochs)} to ${Math.max(...epochs)}`;
    const advice = this.plan.checkpoint?.path
      ? `Continue with train(), or later with restoreCheckpoint from ${this.plan.checkpoint.path}`
      : 'Continue with train()';
    return new EigenstudentError(
      'interrupted',
      `training was interrupted after ${range} completed epochs: ${reason}. ${advice}`,
      { cause },
    );
  }
}
