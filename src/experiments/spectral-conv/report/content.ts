/** The report of a run. */
import type { Cell, Table } from '../../../figures/figure.js';
import { meanAndSpread } from '../../../figures/mean-and-spread.js';
import type { PlainReport, ReportContent } from '../../../sweep/report-content.js';
import { channelsFigure } from './channels-figure.js';
import { accuraciesAt, type ConvGroup, curveNames, groupsOf, percent } from './groups.js';

export async function convReport(
  _directory: string,
  plain: () => Promise<PlainReport>,
): Promise<ReportContent> {
  const report = await plain();
  const groups = groupsOf(report);
  const [first] = groups as [ConvGroup, ...ConvGroup[]];
  const measured = first.validation ? 'validation images' : 'test images';
  return {
    ...report.content,
    title: 'Spectral convolutions and the pruning of their channels: report of a run',
    lead:
      `Convolutional networks of ${first.channels.join(', ')} channels were trained and then cut, without training them again; ` +
      'the figure asks which share of their channels they need.',
    facts: [['Accuracy on', `${first.images} ${measured}`], ...report.content.facts],
    table: table(groups),
    tableNote:
      'Accuracy in %, mean ± sample standard deviation over trials, with a share of the channels of each layer kept. again: running ' +
      'statistics measured again on the training images after the cut. effective: channels per layer whose relevance is above 0.05 of ' +
      'the largest of the layer, mean over trials.',
    figures: [{ name: 'channels', make: () => channelsFigure(groups) }],
  };
}

function table(groups: readonly ConvGroup[]): Table {
  const varied = groups.some(({ setting }) => setting !== '');
  const shares = [...new Set(groups.flatMap((group) => group.shares))].sort((a, b) => b - a);
  const rows = groups.flatMap((group) =>
    curveNames(group).map((curve): Cell[] => [
      group.arm,
      ...(varied ? [group.setting] : []),
      curve.replace('Recalibrated', ', again'),
      group.trials.length,
      ...shares.map((share) => {
        const place = group.shares.indexOf(share);
        return place < 0
          ? null
          : meanAndSpread(accuraciesAt(group, curve, place).map((value) => 100 * value));
      }),
      effective(group),
    ]),
  );
  return {
    columns: [
      'arm',
      ...(varied ? ['setting'] : []),
      'ranked by',
      'trials',
      ...shares.map((share) => percent(share, 2)),
      'effective',
    ],
    rows,
  };
}

/** Means over trials, of each layer. */
function effective({ trials, channels }: ConvGroup): string {
  return channels
    .map((_, layer) => {
      const counts = trials.map(
        ({ scalars }) => (scalars.effectiveChannels as readonly number[])[layer] ?? 0,
      );
      return (counts.reduce((sum, count) => sum + count, 0) / counts.length).toFixed(1);
    })
    .join(' ');
}
