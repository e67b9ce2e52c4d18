/** Candidate networks of `prune MODEL`: the original model, and the results of fine-tuning under penalties. */
import { invalid } from '../../arguments.js';
import { constantLoss } from '../../data/constant-loss.js';
import { EigenstudentError } from '../../errors.js';
import { toSpectral } from '../../exchange/to-spectral.js';
import type { Dataset } from '../../network/dataset.js';
import type { Layer } from '../../network/layers.js';
import { Network } from '../../network/network.js';
import { adam } from '../../population/optimizers.js';
import { fineTuneAll } from '../../training/fine-tune.js';
import { interruptible } from '../interruptible.js';
import type { ModelData } from '../model-data.js';
import type { Session } from '../session.js';

/** Penalties of eigenvectors and eigenvaluesOut: coefficients of sums of squares. */
export interface Penalties {
  readonly eigenvectors: number;
  readonly eigenvaluesOut: number;
}

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

/**
 * Penalties of the candidates before any training, as shares of the loss of the best constant prediction, half of it
 * from eigenvectors and half from eigenvaluesOut. Half a decade apart; chosen by us (docs/how-to/prune-a-network.md has
 * their effect on four data sets).
 */
export const penaltyShares = [0.01, 0.03, 0.1, 0.3, 1] as const;

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
  if (choice === 'auto')
    session.note(
      `--l2 auto: ${penalties.length} networks are fine-tuned for ${epochs} epochs each, under weaker and stronger penalties; validation ` +
        'data choose one of them or the model as it came',
    );
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

function numbers(values: readonly number[]): string {
  return values.map((value) => value.toPrecision(4)).join(' ');
}

/** In the format of --l2. */
export function penaltyText({ eigenvectors, eigenvaluesOut }: Penalties): string {
  return `${eigenvectors},${eigenvaluesOut}`;
}

/** The same network with spectral hidden layers under these penalties, including layers that were spectral before. */
function penalised(model: Network, l2: Penalties): Network {
  const spectral = toSpectral(model);
  const { inputs, layers, loss } = spectral.spec;
  const coefficients: Partial<Record<string, number>> = { ...l2 };
  const under = (layer: Layer): Layer => {
    if (layer.kind !== 'spectral') return layer;
    const entries = Object.entries(layer.tensors).map(([name, tensor]) => {
      const coefficient = coefficients[name];
      return [name, coefficient === undefined ? tensor : { ...tensor, l2: coefficient }];
    });
    return { ...layer, tensors: Object.fromEntries(entries) };
  };
  const hidden = layers.slice(0, -1).map(under);
  return Network.from({ inputs, layers: [...hidden, layers.at(-1) as Layer], loss }, spectral.parameters);
}

/** Rounded to two digits: the printed value can be passed as --l2 and means the same. */
function penaltiesOf(model: Network, train: Dataset): Penalties[] {
  const spectral = toSpectral(model);
  const squares = (name: keyof Penalties) =>
    spectral.spec.layers.slice(0, -1).reduce((total, _, layer) => {
      let sum = 0;
      for (const value of spectral.tensor(`layers.${layer}.${name}`)) sum += value * value;
      return total + sum;
    }, 0);
  const [eigenvectors, eigenvaluesOut] = [squares('eigenvectors'), squares('eigenvaluesOut')];
  const loss = constantLoss(train);
  const coefficient = (share: number, sum: number) =>
    sum > 0 ? Number(((0.5 * share * loss) / sum).toPrecision(2)) : 0;
  return penaltyShares.map((share) => ({
    eigenvectors: coefficient(share, eigenvectors),
    eigenvaluesOut: coefficient(share, eigenvaluesOut),
  }));
}
