/** Gradient flow d theta / dt = -dL/d theta, until it has arrived. */
import { availableParallelism } from 'node:os';
import {
  abortSignal,
  denseArray,
  invalid,
  knownKeys,
  nonNegativeInteger,
  positiveInteger,
} from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { isList } from '../kinds.js';
import type { NativeFlow, NativeFlowOptions } from '../native/addon.js';
import { addon } from '../native/load.js';
import { checkDataset, type Dataset } from '../network/dataset.js';
import { checkNetwork, Network } from '../network/network.js';
import type { Loss } from '../network/objective.js';
import { amongst, numberFrom, type OptionsOf, optional, optionsCheck } from '../options.js';
import { sgd } from '../population/optimizers.js';
import { Population } from '../population/population.js';
import { PopulationLoss, type PopulationStudent, plainParameters } from '../theory/population-loss.js';

/** @internal */
const checkOptions = optionsCheck({
  /**
   * 'stiff' (default): the Rosenbrock method RODAS of order 4 with the exact Hessian, for losses with steep and flat directions at once,
   * as nearly all near a minimum. 'nonstiff': the Runge-Kutta method of Dormand and Prince of order 5, of gradients alone.
   */
  solver: optional(amongst(['stiff', 'nonstiff']), 'stiff'),
  /** The error of a step is kept below absoluteError + relativeError |theta|, per component. Default 1e-6. */
  relativeError: optional(numberFrom(1e-14, 0.1), 1e-6),
  /** Default 1e-9. */
  absoluteError: optional(numberFrom(1e-300), 1e-9),
  /** The flow has arrived where no component of dL/d theta is larger, and no eigenvalue of the Hessian negative, and a Newton step short. Default 1e-6. */
  gradientNorm: optional(numberFrom(0), 1e-6),
  /** The flow ends at this time. Default: none. */
  time: optional(numberFrom(0)),
  /** The flow ends, as an event, where the loss is at most this. */
  lossBelow: optional(numberFrom(-Infinity)),
  /** Accepted steps at most. Default 100 000. */
  steps: optional(positiveInteger, 100_000),
  /**
   * At a minimum, Newton steps lead on to this largest component of the gradient; their end is taken only where it is near and no
   * eigenvalue is negative. Default 1e-13; 0: no such steps.
   */
  newtonTo: optional(numberFrom(0), 1e-13),
  /** Times, upwards, at which the point is kept in `path`. */
  times: optional<Float64Array, ArrayLike<number>>(checkTimes, new Float64Array(0)),
  /** Of gradientFlows(): flows side by side. Default 0: the cores of the machine. Results do not depend on it. */
  threads: optional(nonNegativeInteger, 0),
  /** Aborting ends the call with an error of code 'interrupted'. */
  signal: optional(abortSignal),
});
export interface GradientFlowOptions extends OptionsOf<typeof checkOptions> {}
type CheckedOptions = ReturnType<typeof checkOptions>;

/** Loss and penalties of a network on a data set, as one batch; batch norm by the statistics of that batch. */
export interface DataObjective {
  readonly data: Dataset;
  /** Default: 'crossEntropy' for data with classes, else 'mse'. */
  readonly loss?: Loss;
  /** 'cpu' (default) or 'reference'. */
  readonly device?: 'cpu' | 'reference';
}

/** How a flow ended. */
export interface GradientFlow {
  /**
   * 'minimum': it has arrived. 'saddle': the gradient is as small as rounding allows and an eigenvalue of the Hessian negative. 'valley': it is as
   * small, but so flat that the minimum, if there is one, is far. 'loss',
   * 'time', 'steps': a limit of the options. 'stiff': no step is left, and those of the solver 'nonstiff' were bounded by its stability.
   * 'failed': a loss that is not finite, or steps too short to move.
   */
  readonly end: Exclude<NativeFlow['end'], 'stopped'>;
  /** Whether it ended in a minimum. */
  readonly converged: boolean;
  /** A sentence: how it ended, and what could be changed. */
  readonly reason: string;
  readonly time: number;
  readonly loss: number;
  /** The largest component of the gradient, as an absolute value. */
  readonly gradientNorm: number;
  /** The end point: W row-major, then a; of a network its block of parameters. */
  readonly parameters: Float64Array;
  /** dL/d theta there. */
  readonly gradient: Float64Array;
  /** Eigenvalues of the Hessian there, upwards; empty where it is not finite. */
  readonly eigenvalues: Float64Array;
  readonly smallestEigenvalue: number;
  /** Accepted and refused steps. */
  readonly steps: number;
  readonly rejected: number;
  /** Whether Newton steps ended the flow. */
  readonly polished: boolean;
  /** The points at `times`, as far as the flow came. */
  readonly path: readonly { readonly time: number; readonly parameters: Float64Array }[];
  /** Of the start and each accepted step. */
  readonly trace: {
    readonly time: Float64Array;
    readonly loss: Float64Array;
    readonly gradientNorm: Float64Array;
  };
}

/**
 * The gradient flow of a population loss, or of a network on a data set, from a start. Stops on no saddle that it can leave: where the
 * gradient is small and an eigenvalue of the Hessian negative, it goes on with a smaller bound.
 * @param start for a population loss W and a, in any form of PopulationStudent, dense; for data a network
 * @throws invalid_argument, invalid_network, data_mismatch, interrupted. A flow that does not arrive is no error: `reason` says why.
 */
export async function gradientFlow(
  objective: PopulationLoss | DataObjective,
  start: PopulationStudent,
  options: GradientFlowOptions = {},
): Promise<GradientFlow> {
  const checked = checkOptions('gradientFlow', options);
  if (objective instanceof PopulationLoss)
    return (await populationFlows('gradientFlow', objective, [start], checked))[0] as GradientFlow;
  return dataFlow(objective, start, checked);
}

/**
 * Flows of a population loss from many starts of one size, side by side on the threads; each is what gradientFlow() gives.
 * @throws as gradientFlow()
 */
export async function gradientFlows(
  loss: PopulationLoss,
  starts: readonly PopulationStudent[],
  options: GradientFlowOptions = {},
): Promise<readonly GradientFlow[]> {
  const checked = checkOptions('gradientFlows', options);
  if (!(loss instanceof PopulationLoss))
    throw invalid('the first argument of gradientFlows', 'a PopulationLoss', loss);
  denseArray('starts of gradientFlows', 'an array of starts', starts);
  if (starts.length === 0) throw invalid('starts of gradientFlows', 'at least one start', starts);
  return populationFlows('gradientFlows', loss, starts, checked);
}

async function populationFlows(
  call: string,
  loss: PopulationLoss,
  starts: readonly PopulationStudent[],
  options: CheckedOptions,
): Promise<readonly GradientFlow[]> {
  const plain = starts.map((start) => {
    if (start instanceof Network)
      throw invalid(`start of ${call}`, 'weights and outgoing weights', start, 'Networks flow on data sets');
    return plainParameters(call, start, loss.inputs);
  });
  const size = plain[0]?.length as number;
  const other = plain.findIndex(({ length }) => length !== size);
  if (other >= 0)
    throw invalid(`starts[${other}] of ${call}`, `${size} numbers, as many as starts[0] has`, plain[other]);
  const joined = new Float64Array(size * plain.length);
  for (const [i, start] of plain.entries()) joined.set(start, i * size);
  const neurons = size / (loss.inputs + 1);
  throwIfAborted(call, options.signal);
  const native = loss.nativeOf(neurons);
  const running = addon().startPopulationFlows(
    native,
    joined,
    nativeOptions(options),
    options.threads || availableParallelism(),
  );
  const results = await endedBy(options.signal, () => running.stop(), running.results);
  throwIfAborted(call, options.signal);
  return results.map((flow) => read(flow, options));
}

async function dataFlow(
  objective: DataObjective,
  start: unknown,
  options: CheckedOptions,
): Promise<GradientFlow> {
  const where = 'objective of gradientFlow';
  if (typeof objective !== 'object' || objective === null)
    throw invalid(where, 'a PopulationLoss or { data, loss? }', objective);
  knownKeys(where, objective, ['data', 'loss', 'device']);
  const { loss, device = 'cpu' } = objective;
  const data = checkDataset(`data of ${where}`, objective.data);
  const network = checkNetwork('start of gradientFlow', start);
  amongst(['cpu', 'reference'])(`device of ${where}`, device);
  throwIfAborted('gradientFlow', options.signal);
  const population = Population.create(
    [
      {
        network,
        data,
        optimizer: sgd({ learningRate: 1 }),
        batchSize: 1,
        epochs: 1,
        seed: 0,
        ...(loss && { loss }),
      },
    ],
    { device, dtype: 'float64', threads: 1 },
  );
  try {
    const running = population
      .at(0)
      .gradientFlow(data, Float64Array.from(network.parameters), nativeOptions(options));
    const flow = await endedBy(options.signal, () => population.stop(), running);
    throwIfAborted('gradientFlow', options.signal);
    return read(flow, options);
  } finally {
    population.dispose();
  }
}

/** Calls stop() when the signal is aborted before the promise is settled. */
async function endedBy<Result>(signal: AbortSignal | undefined, stop: () => void, running: Promise<Result>) {
  signal?.addEventListener('abort', stop);
  try {
    return await running;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function throwIfAborted(call: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new EigenstudentError('interrupted', `${call}() was ended by its signal before it had its result`, {
      cause: signal.reason,
    });
}

function nativeOptions(options: CheckedOptions): NativeFlowOptions {
  const { solver, relativeError, absoluteError, gradientNorm, newtonTo, time, lossBelow, steps, times } =
    options;
  return {
    ...{ solver, steps, times, time, gradient: gradientNorm, polish: newtonTo, loss: lossBelow },
    ...{ relative: relativeError, absolute: absoluteError },
  };
}

function read(flow: NativeFlow, { times, time, steps }: CheckedOptions): GradientFlow {
  const { end, trace, path, ...rest } = flow;
  const column = (k: number) =>
    Float64Array.from({ length: trace.length / 3 }, (_, i) => trace[3 * i + k] as number);
  const gradientNorm = rest.gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const reasons: Record<NativeFlow['end'], string> = {
    minimum: 'arrived in a minimum',
    saddle:
      'stays on a saddle: the gradient is as small as rounding allows, and an eigenvalue of the Hessian negative. Start elsewhere',
    valley:
      'the gradient is as small as rounding allows, in a valley so flat that a minimum, if there is one, is far. Start elsewhere',
    loss: 'the loss fell to lossBelow',
    time: `did not arrive within time ${time}. A longer time may do`,
    steps: `did not arrive within ${steps} steps. More of them, or larger errors per step, may do`,
    stiff: `did not arrive within ${steps} steps, which were as long as stability allows: the flow is stiff. Take the solver 'stiff'`,
    failed: 'the loss is not finite, or its steps became too short to move',
    stopped: 'was stopped',
  };
  return {
    ...rest,
    end: end as GradientFlow['end'],
    converged: end === 'minimum',
    reason: reasons[end],
    gradientNorm,
    smallestEigenvalue: rest.eigenvalues[0] ?? Number.NaN,
    path: path.map((parameters, i) => ({ time: times[i] as number, parameters })),
    trace: { time: column(0), loss: column(1), gradientNorm: column(2) },
  };
}

function checkTimes(where: string, value: unknown): Float64Array {
  if (!isList(value)) throw invalid(where, 'an array of times', value);
  const times = Float64Array.from(value as ArrayLike<number>);
  for (const [i, time] of times.entries())
    if (!(Number.isFinite(time) && time >= (i === 0 ? 0 : (times[i - 1] as number))))
      throw invalid(`${where}[${i}]`, 'finite times from 0, upwards', time);
  return times;
}
