/** Trains the trials of one wave side by side and measures each as soon as it has finished. */
import { effectiveSize } from '../../analysis/effective-size.js';
import type { Splits } from '../../data/splits.js';
import { EigenstudentError } from '../../errors.js';
import type { ChosenDevice } from '../../network/device.js';
import { Population } from '../../network/population.js';
import { pruningCurve } from '../../pruning/curve.js';
import { relevance } from '../../pruning/relevance.js';
import { describeLayerwise, type TrainReport } from '../../training/report.js';
import { train } from '../../training/train.js';
import {
  nothingMeasured,
  type TrialError,
  type TrialHeader,
  type UnsealedRecord,
} from '../directory/record.js';
import type { LossHistory, PartialArrays } from '../directory/trial-arrays.js';
import { versions } from '../directory/versions.js';
import type { Trial } from '../protocol/trials.js';
import { type SharedData, variance } from './shared-data.js';
import { criterionOf, rankedLayer, studentOptions } from './student.js';

export interface WaveOptions {
  readonly data: SharedData;
  readonly chosen: ChosenDevice;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Epochs completed by each trial. */
  readonly onEpochs: (epochs: readonly number[]) => void;
  /** Called with trials that are too large for a GPU's resident kernels, before they train. */
  readonly onLayerwise: (trials: readonly LayerwiseTrial[]) => void;
  /** Called once a trial, finished or failed; training waits for it. */
  readonly onTrial: (record: UnsealedRecord, arrays: PartialArrays) => Promise<void>;
}

/** A trial whose student a GPU trains layer by layer, which takes longer: see Execution. */
export interface LayerwiseTrial {
  readonly key: string;
  readonly width: number;
  readonly reason: string;
}

/**
 * @param trials of one dtype and one number of epochs
 * @throws interrupted; what onTrial throws; what training throws other than a divergence, which becomes a failed record
 */
export async function trainWave(trials: readonly Trial[], options: WaveOptions): Promise<void> {
  const { threads, signal } = options;
  const { device, devices } = options.chosen;
  const [first] = trials;
  if (first === undefined) return;
  const splits: Splits[] = [];
  for (const { protocol } of trials) splits.push(await options.data.of(protocol));
  const { dtype, epochs, evaluation } = first.protocol;
  const population = Population.create(
    trials.map(({ protocol }, i) => studentOptions(protocol, splits[i] as Splits)),
    { dtype, device, ...(device === 'cuda' && { devices }), ...(threads && { threads }) },
  );
  try {
    options.onLayerwise(layerwiseOf(population, trials));
    const wave = new Wave(trials, splits, population, await initialLosses(population, splits));
    const every = Math.max(1, Math.ceil(epochs / evaluation.points));
    for await (const report of train(population, { every, ...(signal && { signal }) })) {
      const ended = wave.follow(report);
      for (const { record, arrays } of await wave.measure(ended, report))
        await options.onTrial(record, arrays);
      options.onEpochs(report.epochs);
    }
  } finally {
    population.dispose();
  }
}

function layerwiseOf(population: Population, trials: readonly Trial[]): LayerwiseTrial[] {
  return describeLayerwise(population.students()).map(({ student, reason }) => {
    const { key, protocol } = trials[student] as Trial;
    return { key, width: protocol.student.width, reason };
  });
}

async function initialLosses(population: Population, splits: readonly Splits[]): Promise<number[]> {
  return (await population.evaluate(splits.map(({ test }) => test))).map(({ loss }) => loss);
}

/** What has been trained is measured and kept even where the run is interrupted meanwhile: stop() ends one call, not two. */
async function insistOn<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof EigenstudentError && error.code === 'interrupted') return call();
    throw error;
  }
}

interface Outcome {
  readonly record: UnsealedRecord;
  readonly arrays: PartialArrays;
}

/** What is known of one trial while it trains. */
interface Log {
  readonly history: { [Name in keyof LossHistory]: number[] };
  epoch: number;
  ended: boolean;
}

class Wave {
  readonly #logs: Log[];

  constructor(
    readonly trials: readonly Trial[],
    readonly splits: readonly Splits[],
    readonly population: Population,
    readonly initialTestLoss: readonly number[],
  ) {
    this.#logs = trials.map(() => ({
      history: { epoch: [], trainLoss: [], validationLoss: [], effectiveSize: [] },
      epoch: 0,
      ended: false,
    }));
  }

  /** Takes note of a report. Returns the trials that ended with it. */
  follow(report: TrainReport): number[] {
    const ended: number[] = [];
    this.#logs.forEach((log, i) => {
      const stopped = report.stopped[i];
      const epoch = report.epochs[i] as number;
      if (epoch > log.epoch && stopped !== 'diverged') {
        log.history.epoch.push(epoch);
        log.history.trainLoss.push(report.trainLoss[i] as number);
        log.history.validationLoss.push(report.validationLoss?.[i] as number);
        log.history.effectiveSize.push(this.#score(i).effectiveSize);
      }
      log.epoch = epoch;
      if (stopped !== null && !log.ended) ended.push(i);
      log.ended = stopped !== null;
    });
    return ended;
  }

  #score(i: number) {
    const { protocol } = this.trials[i] as Trial;
    const network = this.population.at(i).network();
    const scores = relevance(network, rankedLayer, criterionOf(protocol));
    const { threshold } = protocol.evaluation;
    return { network, relevance: scores, effectiveSize: effectiveSize(scores, { threshold }) };
  }

  /** Records of trials that have ended. */
  async measure(ended: readonly number[], report: TrainReport): Promise<Outcome[]> {
    if (ended.length === 0) return [];
    const tests = this.splits.map(({ test }, i) => (ended.includes(i) ? test : null));
    const evaluations = await insistOn(() => this.population.evaluate(tests));
    const outcomes: Outcome[] = [];
    for (const i of ended) {
      const diverged = report.divergences.find(({ student }) => student === i);
      const testLoss = (evaluations[i] as { loss: number }).loss;
      if (diverged) {
        const { step, layer, learningRate } = diverged;
        const what = layer < 0 ? 'its loss' : `the output of layer ${layer}`;
        const message = `${what} was not finite at step ${step}, learning rate ${learningRate}; lower the learning rate`;
        outcomes.push(this.#failed(i, { code: 'diverged', message, step, layer, learningRate }));
      } else {
        outcomes.push(await this.#finished(i, testLoss));
      }
    }
    return outcomes;
  }

  #failed(i: number, error: TrialError): Outcome {
    const record = { ...this.#header(i), ...nothingMeasured, error };
    return { record, arrays: { network: this.population.at(i).network(), lossHistory: this.#history(i) } };
  }

  async #finished(i: number, testLoss: number): Promise<Outcome> {
    const { test } = this.splits[i] as Splits;
    const scored = this.#score(i);
    const ranking = { layer: rankedLayer, relevance: scored.relevance };
    const { losses } = await insistOn(() => pruningCurve(this.population.at(i), test, ranking));
    const { history } = this.#logs[i] as Log;
    const measures = {
      trainLoss: history.trainLoss.at(-1) as number,
      validationLoss: history.validationLoss.at(-1) as number,
      testLoss,
      initialTestLoss: this.initialTestLoss[i] as number,
      labelVariance: variance(test.targets ?? []),
      effectiveSize: scored.effectiveSize,
      maximumRelevance: scored.relevance.reduce((largest, value) => Math.max(largest, value), 0),
      prunedLoss: losses[scored.effectiveSize] as number,
    };
    const broken = Object.entries(measures).find(([, value]) => !Number.isFinite(value));
    if (broken) {
      const message = `its ${broken[0]} is ${broken[1]} after training; lower the learning rate`;
      const { step } = this.population.at(i).progress();
      return this.#failed(i, { code: 'diverged', message, step, layer: -1, learningRate: null });
    }
    return {
      record: { ...this.#header(i), ...measures },
      arrays: {
        network: scored.network,
        relevance: scored.relevance,
        pruningLosses: losses,
        lossHistory: this.#history(i),
      },
    };
  }

  #history(i: number): LossHistory {
    const { history } = this.#logs[i] as Log;
    return {
      epoch: Float64Array.from(history.epoch),
      trainLoss: Float64Array.from(history.trainLoss),
      validationLoss: Float64Array.from(history.validationLoss),
      effectiveSize: Float64Array.from(history.effectiveSize),
    };
  }

  #header(i: number): Omit<TrialHeader, 'arraysSha256'> {
    const { key, protocol } = this.trials[i] as Trial;
    const { step, epoch, secondsTrained } = this.population.at(i).progress();
    return {
      schema: 1,
      key,
      parametrization: protocol.parametrization,
      teacherSize: protocol.teacher.teacherSize,
      width: protocol.student.width,
      trial: protocol.trial,
      seed: protocol.seed,
      protocol,
      threshold: protocol.evaluation.threshold,
      criterion: criterionOf(protocol),
      seconds: secondsTrained,
      steps: step,
      epochs: epoch,
      batchSize: protocol.arm.batchSize,
      engine: this.population.engine,
      dtype: this.population.dtype,
      versions: versions(),
      finishedAt: new Date().toISOString(),
    };
  }
}
