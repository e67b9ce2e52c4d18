import { abortSignal, denseArray, finiteNumber, flag, invalid, positiveInteger } from '../../arguments.js';
import { EigenstudentError, reasonOf } from '../../errors.js';
import type { NativeOnePassResult } from '../../native/addon-one-pass.js';
import { addon } from '../../native/load.js';
import { checkSeed, trialNumber } from '../../network/random.js';
import {
  amongst,
  type Checked,
  numberFrom,
  type OptionsOf,
  optional,
  optionsCheck,
  required,
} from '../../options.js';
import { isotropicLoss, plateauRoots, rateLimits } from './isotropic.js';
import { networkOptions, type Reduction, rate, reduction } from './normalisation.js';
import { checkAlphas } from './overlap-ode.js';
import { toRows } from './overlaps.js';

const options = {
  ...networkOptions,
  /** Inputs; at least p + p*. */
  N: required(positiveInteger),
  /** eta: U <- U - (eta / N) grad (f - y)^2 / 2. */
  learningRate: required(rate),
  /** Ascending alpha = steps / N after which overlaps are recorded; the last one ends the run. Rounded to whole steps. */
  alphas: required<readonly number[]>(checkAlphas),
  /**
   * 'direct': the student's rows, and N normal numbers per step. 'chain': the overlaps alone, whose law under the step is that of
   * 'direct' for every N; a step takes the same time for any N. Default 'chain'.
   */
  engine: optional(amongst(['direct', 'chain']), 'chain'),
  /** Independent runs. Default 1. */
  students: optional(positiveInteger, 1),
  /** Whether all students of 'direct' see the same inputs; their starts differ. Default false. */
  sharedInputs: optional(flag, false),
  /** Whether each row is brought back to its norm after each step. Default false. */
  spherical: optional(flag, false),
  /** Rows start with normal entries of variance startNorm / N. Spherical rows keep |u_i|^2 = startNorm. Default 1. */
  startNorm: optional(numberFrom(Number.MIN_VALUE), 1),
  /** Added to row i at the start, times the unit row of the teacher with number i mod p*. Default 0. */
  startOverlap: optional(finiteNumber, 0),
  /** |v_m|^2 of the teacher's orthogonal rows. Default: 1 each. */
  teacherNorms: optional<readonly number[]>(checkNorms),
  /** A run has escaped when its loss is first below 1 - theta of the plateau's. Default 0.5. */
  theta: optional(numberFrom(Number.MIN_VALUE, 1), 0.5),
  /** Whether a run ends at its escape. Default false. */
  stopAtEscape: optional(flag, false),
  /** Whether learning rates and norms that diverge are run all the same. Default false: they are refused. */
  allowUnstable: optional(flag, false),
  /** Default 0. */
  seed: optional(checkSeed, 0),
  /** Of the first student; the others have the next ones. Default 0. */
  trial: optional(trialNumber, 0),
  /** Default: all cores. Results do not depend on it. */
  threads: optional(positiveInteger),
  /** Ends the runs with an error of code 'interrupted'. */
  signal: optional(abortSignal),
};
/** @internal */
const checkOptions = optionsCheck(options);
export interface OnePassSgdOptions extends OptionsOf<typeof checkOptions> {}
type CheckedOptions = Checked<typeof options>;

export interface OnePassRecord {
  readonly alpha: number;
  /** p x p. */
  readonly Q: number[][];
  /** p x p*. */
  readonly R: number[][];
  /** E (f - y)^2 / 2. */
  readonly loss: number;
}

export interface OnePassRun {
  /** One per alpha that the run reached. */
  readonly records: readonly OnePassRecord[];
  /** alpha at which the loss was first below (1 - theta) of the plateau's; absent where it never was. */
  readonly escaped?: number;
  /** alpha at which the loss was no longer bounded; absent where the run did not diverge. */
  readonly diverged?: number;
}

/**
 * One-pass SGD of quadratic students on a quadratic teacher: each step takes a fresh Gaussian input. Students run side by side on all
 * cores; the same options give the same bits for any number of threads.
 * @returns one run per student; runs that diverge say so and have the records before
 * @throws invalid_argument, also for a learning rate or a norm at which runs diverge (see allowUnstable), and for N < p + p*;
 *   interrupted
 */
export async function onePassSgd(options: OnePassSgdOptions): Promise<OnePassRun[]> {
  const checked = checkOptions('onePassSgd', options);
  checkProblem(checked);
  const { p, pStar, N, normalisation, signal } = checked;
  const factors = reduction(p, pStar, normalisation);
  if (!checked.allowUnstable) refuseUnstable(checked, factors);
  const steps = stepsOf(checked.alphas, N);
  throwIfAborted(signal);
  const { promise, stop } = addon().onePass.run(requestOf(checked, factors, steps));
  signal?.addEventListener('abort', stop);
  try {
    return runsOf(await promise, checked, factors, steps);
  } catch (error) {
    throwIfAborted(signal, error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function throwIfAborted(signal: AbortSignal | undefined, cause?: unknown): void {
  if (!signal?.aborted) return;
  const reason: unknown = signal.reason;
  throw new EigenstudentError('interrupted', `onePassSgd was interrupted: ${reasonOf(reason)}`, {
    cause: reason ?? cause,
  });
}

function checkNorms(where: string, value: unknown): readonly number[] {
  return denseArray(where, 'an array of numbers', value as readonly number[]).map((norm, i) =>
    finiteNumber(`${where}[${i}]`, norm, Number.MIN_VALUE),
  );
}

function checkProblem({ p, pStar, N, students, trial, teacherNorms }: CheckedOptions): void {
  if (N < p + pStar) throw invalid('N of onePassSgd', `at least p + pStar = ${p + pStar}`, N);
  if (teacherNorms && teacherNorms.length !== pStar)
    throw invalid('teacherNorms of onePassSgd', `pStar = ${pStar} numbers`, teacherNorms);
  if (trial + students > 2 ** 32)
    throw invalid('students of onePassSgd', `at most ${2 ** 32 - trial} from trial ${trial} on`, students);
}

/** The limits hold for equal rows of the teacher; of others the largest counts, which errs on the side of running. */
function refuseUnstable(options: CheckedOptions, factors: Reduction): void {
  const { p, pStar, learningRate, startNorm, spherical, teacherNorms } = options;
  const least = Math.min(...(teacherNorms ?? [1]));
  const eta = learningRate * factors.rate * least;
  const limits = rateLimits(p, pStar);
  const advice = 'allowUnstable: true runs it all the same';
  const limit = Math.min(limits.solution, spherical ? Infinity : limits.plateau);
  if (p >= pStar && eta >= limit) {
    const which =
      limit === limits.solution ? 'at which the solution is stable' : 'at which there is a plateau';
    throw invalid(
      'learningRate of onePassSgd',
      `less than ${Number((limit / (factors.rate * least)).toPrecision(6))}, ${which}`,
      learningRate,
      advice,
    );
  }
  const largest = spherical ? Infinity : plateauRoots({ p, pStar, eta, noise: true, spherical })?.[1];
  const start = (startNorm * factors.norm) / least;
  if (largest !== undefined && start >= largest)
    throw invalid(
      'startNorm of onePassSgd',
      `less than ${Number(((largest * least) / factors.norm).toPrecision(6))}, above which norms grow without bound`,
      startNorm,
      advice,
    );
}

function stepsOf(alphas: readonly number[], N: number): number[] {
  const steps = alphas.map((alpha) => Math.round(alpha * N));
  for (const [i, step] of steps.entries()) {
    const where = `alphas of onePassSgd[${i}]`;
    if (step >= 2 ** 32) throw invalid(where, `less than 2^32 steps, alpha below ${2 ** 32 / N}`, alphas[i]);
    if (i > 0 && step === steps[i - 1])
      throw invalid(where, `another step than alpha = ${alphas[i - 1]}, at least 1 / N later`, alphas[i]);
  }
  return steps;
}

function requestOf(options: CheckedOptions, factors: Reduction, steps: readonly number[]) {
  const { p, pStar, N, spherical, startNorm, theta } = options;
  const eta = options.learningRate * factors.rate;
  const rows = options.teacherNorms ?? Array<number>(pStar).fill(1);
  return {
    chain: options.engine === 'chain',
    spherical,
    sharedStream: options.sharedInputs,
    stopAtEscape: options.stopAtEscape,
    students: options.students,
    inputs: N,
    units: p,
    learningRate: eta,
    startNorm: startNorm * factors.norm,
    startOverlap: options.startOverlap * Math.sqrt(factors.norm),
    teacher: Float64Array.from(rows),
    steps: Float64Array.from(steps),
    escapeLoss: (1 - theta) * plateauLoss(options, eta, startNorm * factors.norm, rows),
    seed: options.seed,
    trial: options.trial,
    threads: Math.min(options.threads ?? addon().capabilities().threads, 4096),
  };
}

/** Of the reduced problem; for rows of unequal norms and for learning rates without a plateau that of gradient flow. */
function plateauLoss(
  { p, pStar, spherical }: CheckedOptions,
  eta: number,
  start: number,
  rows: readonly number[],
): number {
  const traceT = rows.reduce((sum, norm) => sum + norm, 0);
  const squares = rows.reduce((sum, norm) => sum + norm ** 2, 0);
  if (spherical) return (p * start - traceT) ** 2 / 2 + p * start ** 2 + squares;
  const equal = rows.every((norm) => norm === 1);
  const norm = equal ? plateauRoots({ p, pStar, eta, noise: true, spherical })?.[0] : undefined;
  return norm === undefined ? traceT ** 2 / (p + 2) + squares : isotropicLoss(p, pStar, norm);
}

function runsOf(
  result: NativeOnePassResult,
  { p, pStar, N, students }: CheckedOptions,
  factors: Reduction,
  steps: readonly number[],
): OnePassRun[] {
  const root = Math.sqrt(factors.norm);
  const Q = result.q.map((value) => value / factors.norm);
  const R = result.r.map((value) => value / root);
  const alphaOf = (step: number | undefined) =>
    step === undefined || Number.isNaN(step) ? undefined : step / N;
  return Array.from({ length: students }, (_, student) => {
    const records: OnePassRecord[] = [];
    for (const [i, step] of steps.entries()) {
      const place = student * steps.length + i;
      const loss = (result.loss[place] as number) * factors.loss;
      if (Number.isNaN(loss)) break;
      records.push({
        alpha: step / N,
        Q: toRows(Q, p, place * p * p, p),
        R: toRows(R, pStar, place * p * pStar, p),
        loss,
      });
    }
    const escaped = alphaOf(result.escaped[student]);
    const diverged = alphaOf(result.diverged[student]);
    return {
      records,
      ...(escaped !== undefined && { escaped }),
      ...(diverged !== undefined && { diverged }),
    };
  });
}
