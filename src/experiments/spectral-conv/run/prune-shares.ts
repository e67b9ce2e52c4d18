/** Accuracy of a trained student with a share of the channels of each layer. */
import { effectiveSize } from '../../../analysis/effective-size.js';
import type { Network } from '../../../network/network.js';
import { rank } from '../../../pruning/ranking.js';
import { recalibrate } from '../../../pruning/recalibrate.js';
import { relevance } from '../../../pruning/relevance.js';
import { keepNodes } from '../../../pruning/surgery.js';
import { layerIndexOf } from '../../../pruning/unit-groups.js';
import { throwIfInterrupted } from '../../../steps.js';
import { type CriterionName, criteriaOf } from '../protocol/criteria.js';
import { type ConvProtocol, hasBatchNorm } from '../protocol/schema.js';
import type { Images } from './images.js';
import { convolutionNames } from './layers.js';

/** Accuracies [shares], by the criterion, with `Recalibrated` behind it where statistics were measured again. */
export type Curves = Record<string, number[]>;

/** Every criterion of the arm at every share. */
export async function pruneShares(
  network: Network,
  images: Images,
  protocol: ConvProtocol,
  signal: AbortSignal | undefined,
): Promise<Curves> {
  const curves: Curves = {};
  for (const criterion of criteriaOf(protocol.arm.name)) {
    const seeds = criterion === 'random' ? randomSeeds(protocol) : [undefined];
    for (const seed of seeds) {
      const orders = convolutionNames.map((_, i) => orderOf(network, i, criterion, seed));
      for (const [i, share] of protocol.shares.entries()) {
        throwIfInterrupted(signal);
        const cut = cutTo(network, orders, share);
        const add = (name: string, accuracy: number) => {
          curves[name] ??= protocol.shares.map(() => 0);
          curves[name][i] = (curves[name][i] as number) + accuracy / seeds.length;
        };
        add(criterion, (await cut.evaluate(images.measured)).accuracy);
        if (!hasBatchNorm(protocol.arm.name)) continue;
        const measuredAgain = await recalibrate(cut, images.train);
        add(`${criterion}Recalibrated`, (await measuredAgain.evaluate(images.measured)).accuracy);
      }
    }
  }
  return curves;
}

/** Distinct for every trial and order. */
function randomSeeds({ seed, trial, randomOrders }: ConvProtocol): number[] {
  return Array.from({ length: randomOrders }, (_, i) => (seed * 65_537 + trial) * 257 + i);
}

/** Channels of a convolution, the first to be removed first. */
function orderOf(
  network: Network,
  convolution: number,
  criterion: CriterionName,
  seed: number | undefined,
): Uint32Array {
  const options = seed === undefined ? {} : { seed };
  return rank(relevance(network, indexOf(network, convolution), criterion, options));
}

function indexOf({ spec }: Network, convolution: number): number {
  return layerIndexOf('layer', spec, convolutionNames[convolution]);
}

/** Each layer keeps the last channels of its order: a share, at least one. */
function cutTo(network: Network, orders: readonly Uint32Array[], share: number): Network {
  return orders.reduce((before, order, i) => {
    const kept = order.slice(order.length - channelsKept(share, order.length)).sort();
    return keepNodes(before, indexOf(before, i), kept);
  }, network);
}

export function channelsKept(share: number, channels: number): number {
  return Math.max(1, Math.round(share * channels));
}

/** Channels of each layer whose relevance is above 0.05 of its largest. */
export function effectiveChannels(network: Network): number[] {
  return convolutionNames.map((_, i) => effectiveSize(relevance(network, indexOf(network, i), 'relevance')));
}
