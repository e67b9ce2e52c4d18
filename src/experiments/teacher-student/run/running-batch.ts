/** Trials that train side by side, and what is noted and kept of each. What one does wrong fails it alone. */
import type { Splits } from '../../../data/splits.js';
import type { Dataset } from '../../../network/dataset.js';
import type { Population } from '../../../population/population.js';
import type { TrialError } from '../../../runs/record.js';
import type { Latest, Outcome } from '../../../sweep/batch-options.js';
import { mapConcurrent } from '../../../sweep/map-concurrent.js';
import { retryOnceIfInterrupted } from '../../../sweep/retry-once.js';
import { attempt, type Stage, trialErrorOf } from '../../../sweep/trial-failure.js';
import type { TrainReport } from '../../../training/report.js';
import type { StudentTrial } from '../protocol/trial.js';
import { saveProgress, type TrialProgress } from '../record/progress.js';
import { score } from './measures.js';
import { NodeLog } from './node-log.js';
import { divergedOutcome, failedOutcome, finishedOutcome, type RunningTrial } from './outcome.js';
import type { StudentBatchOptions } from './student-batch-options.js';
import { latestOf, TrialLog } from './trial-log.js';

export class RunningBatch {
  #logs: TrialLog[] = [];
  /** Errors of trials, by place. */
  readonly #errors = new Map<number, TrialError>();

  constructor(
    readonly trials: readonly StudentTrial[],
    readonly splits: readonly Splits[],
    readonly population: Population,
    readonly before: readonly (TrialProgress | undefined)[],
    readonly options: StudentBatchOptions,
  ) {}

  /** Whether every trial has a record. */
  get hasEnded(): boolean {
    return this.#logs.every(({ ended }) => ended);
  }

  /** Looks at the students before their first step. */
  async begin(): Promise<void> {
    const { before } = this;
    const losses = await this.#testLosses((i) => !before[i], 'preparation');
    this.#logs = before.map((known, i) => {
      const { protocol } = this.trials[i] as StudentTrial;
      const initialTestLoss = known?.initialTestLoss ?? (losses[i] as number);
      // A trial that was begun without a history of its nodes goes on without one: it would lack its beginning.
      const nodes = known && !known.nodeHistory ? undefined : NodeLog.of(protocol, known?.nodeHistory);
      return new TrialLog(initialTestLoss, known, nodes);
    });
    this.#each('preparation', ({ trial, student, log }, i) => {
      if (log.followsNodes && !before[i]) log.noteNodes(score(trial.protocol, student));
    });
  }

  /** Takes note of a report. */
  follow(report: TrainReport): void {
    this.#each('training', ({ trial, student, log }, i) => {
      const epoch = report.epochs[i] as number;
      if (epoch <= log.epoch || report.stopped[i] === 'diverged') return;
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

  /** Keeps how far each trial is that has begun and neither ended nor failed. */
  async save(): Promise<void> {
    const due = [...this.population.progress().entries()].filter(
      ([i, { step, divergence }]) => step > 0 && !divergence && !this.#logs[i]?.ended && !this.#errors.has(i),
    );
    const { directory, profiler, isOurs } = this.options;
    await profiler.time('writing', () =>
      mapConcurrent(due, async ([i, { secondsTrained }]) => {
        const { trial, log } = this.#at(i);
        if (!(await isOurs(trial))) return;
        const progress = log.progress(secondsTrained);
        await saveProgress(directory, trial.key, this.population, i, progress);
      }),
    );
  }

  /** Measures and keeps the trials that ended with a report, or have failed since the last. */
  async keepEnded(report: TrainReport): Promise<void> {
    const ends = (i: number) => !this.#logs[i]?.ended && (report.stopped[i] !== null || this.#errors.has(i));
    const ended = [...this.trials.keys()].filter(ends);
    if (ended.length === 0) return;
    const losses = await this.#testLosses((i) => ended.includes(i) && !this.#errors.has(i), 'measurement');
    const outcomes: [number, Outcome][] = [];
    for (const i of ended) outcomes.push([i, await this.#outcomeOf(i, report, losses[i] as number)]);
    await this.options.profiler.time('writing', () =>
      mapConcurrent(outcomes, ([i, outcome]) => this.#keep(i, outcome)),
    );
  }

  async #outcomeOf(i: number, { divergences }: TrainReport, testLoss: number): Promise<Outcome> {
    const { measure = finishedOutcome } = this.options;
    const work = this.#at(i);
    work.log.ended = true;
    const divergence = divergences.find(({ student }) => student === i);
    if (divergence) return divergedOutcome(work, divergence);
    if (!this.#errors.has(i)) {
      const measured = await attempt(() => measure(work, testLoss));
      if ('result' in measured) return measured.result;
      this.#fail(i, measured.error, 'measurement');
    }
    return failedOutcome(work, this.#errors.get(i) as TrialError);
  }

  /** What cannot be written for a reason of its own is written as a failure. */
  async #keep(i: number, outcome: Outcome): Promise<void> {
    const { onTrial } = this.options;
    const { trial } = this.#at(i);
    const kept = await attempt(() => onTrial(trial, outcome));
    if ('result' in kept) return;
    this.#fail(i, kept.error, 'writing');
    await onTrial(trial, failedOutcome(this.#at(i), this.#errors.get(i) as TrialError));
  }

  #at(i: number): RunningTrial {
    return {
      trial: this.trials[i] as StudentTrial,
      splits: this.splits[i] as Splits,
      student: this.population.at(i),
      engine: this.population.engine,
      log: this.#logs[i] as TrialLog,
    };
  }

  /** Of some students; NaN of the others, and of one whose evaluation fails, which is the error of its trial. */
  async #testLosses(isAsked: (student: number) => boolean, stage: Stage): Promise<number[]> {
    const asked = this.splits.map(({ test }, i) => (isAsked(i) ? test : null));
    if (asked.every((test) => test === null)) return asked.map(() => NaN);
    const lossesOf = async (data: readonly (Dataset | null)[]) =>
      (await retryOnceIfInterrupted(() => this.population.evaluate(data))).map(({ loss }) => loss);
    const all = await attempt(() => lossesOf(asked));
    if ('result' in all) return all.result;
    trialErrorOf(all.error, stage, 0); // throws what is of no trial
    const losses: number[] = asked.map(() => NaN);
    for (const [i, test] of asked.entries()) {
      if (test === null) continue;
      const alone = await attempt(() => lossesOf(asked.map((_, k) => (k === i ? test : null))));
      if ('result' in alone) losses[i] = alone.result[i] as number;
      else this.#fail(i, alone.error, stage);
    }
    return losses;
  }

  /** Does something for every trial that has neither ended nor failed. */
  #each(stage: Stage, work: (trial: RunningTrial, i: number) => void): void {
    for (const i of this.trials.keys()) {
      if (this.#errors.has(i) || this.#logs[i]?.ended) continue;
      try {
        work(this.#at(i), i);
      } catch (error) {
        this.#fail(i, error, stage);
      }
    }
  }

  /** @throws the error, where it is not of the trial */
  #fail(i: number, error: unknown, stage: Stage): void {
    this.#errors.set(i, trialErrorOf(error, stage, this.population.at(i).progress().step));
  }
}
