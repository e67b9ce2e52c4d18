/** Penalties under which `prune MODEL` fine-tunes: which layers have them, and how strong they are. */
import { constantLoss } from '../../data/constant-loss.js';
import { EigenstudentError } from '../../errors.js';
import { toSpectral } from '../../exchange/to-spectral.js';
import type { Dataset } from '../../network/dataset.js';
import type { Layer } from '../../network/layers.js';
import { Network, type NetworkSpec } from '../../network/network.js';
import { removableGroups } from '../../pruning/unit-groups.js';

/** Penalties of eigenvectors and eigenvaluesOut: coefficients of sums of squares. */
export interface Penalties {
  readonly eigenvectors: number;
  readonly eigenvaluesOut: number;
}

/**
 * Penalties of the candidates before any training, as shares of the loss of the best constant prediction, half of it
 * from eigenvectors and half from eigenvaluesOut. Half a decade apart; chosen by us (docs/how-to/prune-a-network.md has
 * their effect on four data sets).
 */
export const penaltyShares = [0.01, 0.03, 0.1, 0.3, 1] as const;

/**
 * The layers that make the hidden units, dense ones and convolutions of one group, without those that batch norm follows: it
 * divides by the size of what it reads, so that small weights there would mean nothing.
 */
function penalisedLayers(spec: NetworkSpec): number[] {
  return removableGroups(spec)
    .filter(({ norms }) => norms.length === 0)
    .flatMap(({ members }) => members)
    .filter((index) => {
      const layer = spec.layers[index] as Layer;
      if (layer.kind === 'conv2d' || layer.kind === 'spectralConv2d') return layer.groups === 1;
      return layer.kind === 'dense' || layer.kind === 'spectral';
    });
}

/** Whether any layer may have penalties. */
export function takesPenalties(spec: NetworkSpec): boolean {
  return penalisedLayers(spec).length > 0;
}

/** @throws invalid_argument where penalties are given and no layer may have them */
export function checkTakesPenalties(spec: NetworkSpec, given: unknown): void {
  if (given === undefined || given === 'auto' || takesPenalties(spec)) return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected no --l2 for this network, received ${String(given)}: batch norm follows every hidden layer, and takes any meaning from the ` +
      'size of its weights. Leave it out',
  );
}

/** The same network with spectral hidden layers under these penalties, including layers that were spectral before. */
export function penalised(model: Network, l2: Penalties): Network {
  const { spec, parameters, buffers } = toSpectral(model);
  const chosen = new Set(penalisedLayers(spec));
  const coefficients: Partial<Record<string, number>> = { ...l2 };
  const layers = spec.layers.map((layer, index) => {
    if (!chosen.has(index)) return layer;
    const entries = Object.entries(layer.tensors ?? {}).map(([name, tensor]) => {
      const coefficient = coefficients[name];
      return [name, coefficient === undefined ? tensor : { ...tensor, l2: coefficient }];
    });
    return { ...layer, tensors: Object.fromEntries(entries) } as Layer;
  });
  return Network.from({ ...spec, layers }, parameters, buffers);
}

/** Rounded to two digits: the printed value can be passed as --l2 and means the same. One, of 0, where no layer takes any. */
export function penaltiesOf(model: Network, train: Dataset): Penalties[] {
  const spectral = toSpectral(model);
  const chosen = penalisedLayers(spectral.spec);
  if (chosen.length === 0) return [{ eigenvectors: 0, eigenvaluesOut: 0 }];
  const squares = (name: keyof Penalties) =>
    chosen.reduce((total, layer) => {
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
