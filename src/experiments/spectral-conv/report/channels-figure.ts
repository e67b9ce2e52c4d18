/** Accuracy against the share of channels that each layer keeps. */
import { summarize } from '../../../analysis/summary.js';
import type { Cell, Figure } from '../../../figures/figure.js';
import { ownCriterionOf } from '../protocol/criteria.js';
import { hasBatchNorm } from '../protocol/schema.js';
import { type ChannelsRow, channelsChart } from './channels-panels.js';
import { accuraciesAt, type ConvGroup, curveNames, half, meanAt, percent } from './groups.js';

const title = 'Accuracy of pruned networks';

/** What the criterion of an arm ranks by, in words. */
const ranked = {
  eigenvalue: 'eigenvalue',
  relevance: 'relevance',
  l1: 'L1 norm',
  batchNormScale: 'scale',
  random: 'random',
} as const;

export function channelsFigure(groups: readonly ConvGroup[]): Figure {
  const shown = groups.filter((group, i) => groups.findIndex(({ arm }) => arm === group.arm) === i);
  const rows = shown.flatMap(rowsOf);
  const leftOut = groups.length - shown.length;
  const notes = [
    'Dotted: the same networks with their channels removed in random order. Bands: from the smallest to the largest trial.',
    ...(shown.some(({ arm }) => hasBatchNorm(arm))
      ? [
          'With batch norm, running statistics were measured again on the training images after each cut, by forward passes.',
        ]
      : []),
    ...(leftOut > 0 ? [`The first setting of each arm is drawn; ${leftOut} others are in the table.`] : []),
  ];
  return {
    name: 'channels',
    title,
    caption: caption(shown),
    notes,
    hint: 'Point at a mark for its values.',
    table: {
      columns: ['arm', 'setting', 'ranked by', 'share kept', 'mean', 'smallest', 'largest'],
      rows: groups.flatMap(tableRows),
    },
    ...channelsChart({ title, rows, groups: shown, leftOut }),
  };
}

/** The curve by the arm's own criterion, and the random one; statistics measured again where there are any. */
function rowsOf(group: ConvGroup): ChannelsRow[] {
  const norm = hasBatchNorm(group.arm);
  const own = ownCriterionOf(group.arm);
  return [own, 'random' as const].flatMap((criterion) =>
    group.shares.map((share, i) => {
      const values = accuraciesAt(group, norm ? `${criterion}Recalibrated` : criterion, i);
      const { mean, minimum, maximum } = summarize(values);
      const series = `${group.arm}, by ${ranked[own]}`;
      return {
        ...{ arm: group.arm, series, norm, random: criterion === 'random', by: ranked[criterion] },
        ...{ share, mean, smallest: minimum, largest: maximum },
      };
    }),
  );
}

function tableRows(group: ConvGroup): Cell[][] {
  return curveNames(group).flatMap((curve) =>
    group.shares.map((share, i): Cell[] => {
      const { mean, minimum, maximum } = summarize(accuraciesAt(group, curve, i));
      return [group.arm, group.setting, curve, share, mean, minimum, maximum];
    }),
  );
}

function caption(groups: readonly ConvGroup[]): string {
  const texts = groups.map((group) => {
    const curve = `${ownCriterionOf(group.arm)}${hasBatchNorm(group.arm) ? 'Recalibrated' : ''}`;
    const [whole, cut] = [meanAt(group, curve, 0), meanAt(group, curve, half(group))];
    return `${percent(whole)} to ${percent(cut)} for ${group.arm}`;
  });
  const [first] = groups as [ConvGroup, ...ConvGroup[]];
  const [from, to] = [first.shares[0] as number, first.shares[half(first)] as number];
  return (
    'Each layer keeps the same share of its channels, best first, and the network is not trained again: a curve that stays flat to ' +
    `the left belongs to networks that need few of their channels. From ${percent(from)} to ${percent(to)} of the channels mean ` +
    `accuracy goes from ${texts.join(', ')}.`
  );
}
