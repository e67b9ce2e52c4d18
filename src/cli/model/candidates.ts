/** Candidate networks of `prune MODEL`: the original model, and the results of fine-tuning under penalties. */
import { invalid } from '../../arguments.js';
import { EigenstudentError } from '../../errors.js';
import type { Dataset } from '../../network/dataset.js';
import type { Network } from '../../network/network.js';
import { adam } from '../../population/optimizers.js';
import { fineTuneAll } from '../../training/fine-tune.js';
import { interruptible } from '../interruptible.js';
import type { ModelData } from '../model-data.js';
import type { Session } from '../session.js';
import { type Penalties, penalised, penaltiesOf, takesPenalties } from './penalties.js';

export interface Candidate {
  /** null: the original model, without training. */
  readonly l2: Penalties | null;
  readonly network: Network;
}

/** The penalties that --l2 requests. */
export type PenaltyChoice = 'auto' | Penalties;

export interface TuneOptions {
  /** SIGHUP changes nothing. */
  readonly ignoreHangup: boolean;
  readonly epochs: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly seed: number;
}

/** Number of reports during fine-tuning; arbitrary. */
const reports = 10;

/** @throws invalid_argument */
export function penaltyChoice(given: 'auto' | readonly number[] | undefined): PenaltyChoice {
  if (given === undefined || given === 'auto') return 'auto';
  const [eigenvectors, eigenvaluesOut, ...more] = given;
  if (eigenvectors === undefined || eigenvaluesOut === undefined || more.length > 0)
    throw invalid(
      '--l2',
      'auto, or two numbers, of eigenvectors and of eigenvaluesOut, as in 0.01,0.0005',
      given,
    );
  return { eigenvectors, eigenvaluesOut };
}

/**
 * Fine-tunes the model once per penalty, from the same start with the same shuffles, side by side.
 * @returns the original model first, where the penalties are to be chosen; then the fine-tuned networks, the weakest
 *   penalty first. Diverged networks are left out.
 * @throws diverged when none is left; interrupted
 */
export async function fineTuned(
  model: Network,
  { train, validation }: ModelData['parts'],
  choice: PenaltyChoice,
  options: TuneOptions,
  session: Session,
): Promise<Candidate[]> {
  const data = { train: train?.data as Dataset, validation: validation?.data as Dataset };
  const penalties = choice === 'auto' ? penaltiesOf(model, data.train) : [choice];
  const { epochs, learningRate } = options;
  if (choice === 'auto') session.note(autoText(model, penalties.length, epochs));
  const spectral = penalties.map((l2) => penalised(model, l2));
  const tuned = await interruptible(session, options, (signal) =>
    fineTuneAll(spectral, {
      ...{ data, epochs, signal, optimizer: adam({ learningRate }) },
      batchSize: options.batchSize,
      seed: options.seed,
      every: Math.max(1, Math.ceil(epochs / reports)),
      onReport: ({ epoch, trainLoss, validationLoss = [] }) =>
        session.note(
          `epoch ${epoch} of ${epochs}: train loss ${numbers(trainLoss)}, validation loss ${numbers(validationLoss)}`,
        ),
    }),
  );
  const found = tuned.flatMap((network, i): Candidate[] => {
    if (!(network instanceof EigenstudentError)) return [{ l2: penalties[i] as Penalties, network }];
    session.note(`with --l2 ${penaltyText(penalties[i] as Penalties)}: ${network.message}`);
    return [];
  });
  const [failure] = tuned.filter((network) => network instanceof EigenstudentError);
  if (found.length === 0 && choice !== 'auto') throw failure as EigenstudentError;
  return choice === 'auto' ? [{ l2: null, network: model }, ...found] : found;
}

function autoText(model: Network, count: number, epochs: number): string {
  if (!takesPenalties(model.spec))
    return (
      `--l2 auto: one network is fine-tuned for ${epochs} epochs without penalties, as batch norm follows every hidden layer and takes ` +
      'any meaning from the size of its weights; validation data choose it or the model as it came'
    );
  return (
    `--l2 auto: ${count} networks are fine-tuned for ${epochs} epochs each, under weaker and stronger penalties; validation ` +
    'data choose one of them or the model as it came'
  );
}

function numbers(values: readonly number[]): string {
  return values.map((value) => value.toPrecision(4)).join(' ');
}

/** In the format of --l2. */
export function penaltyText({ eigenvectors, eigenvaluesOut }: Penalties): string {
  return `${eigenvectors},${eigenvaluesOut}`;
}
