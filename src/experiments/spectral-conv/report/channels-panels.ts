/** The panels of the figure: networks without batch norm, and those with it. */
import type { Cell, Figure, FigureStyle, Layer, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import type { Theme } from '../../../figures/theme.js';
import type { ArmName } from '../protocol/schema.js';
import type { ConvGroup } from './groups.js';

export interface ChannelsRow extends Record<string, Cell | boolean> {
  readonly arm: ArmName;
  /** Name of the arm in the legend, with its criterion. */
  readonly series: string;
  /** Whether the arm has batch norm. */
  readonly norm: boolean;
  /** Whether channels were ranked at random. */
  readonly random: boolean;
  readonly by: string;
  readonly share: number;
  /** Accuracy over trials. */
  readonly mean: number;
  readonly smallest: number;
  readonly largest: number;
}

export interface ChannelsChart {
  readonly title: string;
  readonly rows: readonly ChannelsRow[];
  readonly groups: readonly ConvGroup[];
  /** Settings that are not drawn. */
  readonly leftOut: number;
}

export function channelsChart({
  title,
  rows,
  groups,
  leftOut,
}: ChannelsChart): Pick<Figure, 'datasets' | 'draw'> {
  const counts = [...new Set(groups.map(({ trials }) => trials.length))].sort((a, b) => a - b);
  const most = counts.at(-1) as number;
  const some = `${counts.join(' to ')} ${most === 1 ? 'trial' : 'trials'}`;
  const subtitle = [
    most === 1 ? some : `line: mean over ${some}, band: smallest to largest`,
    'dotted: channels in random order',
  ];
  const footnotes =
    leftOut > 0 ? [`The first setting of each arm is drawn; ${leftOut} others are in the table.`] : [];
  return {
    datasets: { curves: rows },
    draw: (style) => {
      const kinds = [false, true].filter((norm) => rows.some((row) => row.norm === norm));
      const panels = kinds.map((norm) =>
        panel(
          rows.filter((row) => row.norm === norm),
          norm,
          style,
        ),
      );
      const columns = style.layout === 'wide' ? panels.length : 1;
      return figureFrame({ title, subtitle, footnotes, panels, columns, ownColors: true }, style);
    },
  };
}

/** Blue and vermilion as in the other figures; the controls, lasso and slimming, in the colour of text. */
function colorOf(arm: ArmName, theme: Theme): string {
  if (arm.startsWith('spectral')) return theme.spectral;
  return arm.startsWith('direct') ? theme.direct : theme.ink;
}

/** Length of a line in the legend, in pixels. */
const legendLine = 20;

function panel(rows: readonly ChannelsRow[], norm: boolean, style: FigureStyle): Panel {
  const wide = style.layout === 'wide';
  const series = new Map(rows.map((row) => [row.series, colorOf(row.arm, style.theme)]));
  return {
    title: norm ? 'with batch norm, statistics measured again' : 'without batch norm',
    width: wide ? 330 : 235,
    height: wide ? 280 : 230,
    layer: layers(norm, [...new Set(rows.map(({ share }) => share))], style),
    encoding: {
      color: {
        field: 'series',
        type: 'nominal',
        scale: { domain: [...series.keys()], range: [...series.values()] },
        legend: {
          orient: 'bottom',
          direction: 'vertical',
          title: null,
          labelLimit: wide ? 330 : 230,
          symbolType: 'stroke',
          symbolOpacity: 1,
          symbolSize: legendLine ** 2,
        },
      },
    },
  };
}

function layers(norm: boolean, shares: readonly number[], { inPage }: FigureStyle): Layer[] {
  const curve = (random: boolean) => ({
    data: { name: 'curves' },
    transform: [{ filter: `datum.norm === ${norm} && datum.random === ${random}` }],
  });
  const x = xEncoding(shares);
  const at = { x, y: yEncoding('mean') };
  const tooltip = [
    { field: 'arm', title: 'arm' },
    { field: 'by', title: 'ranked by' },
    { field: 'share', title: 'channels kept', format: '.4~%' },
    { field: 'mean', title: 'accuracy, mean', format: '.1%' },
    { field: 'smallest', title: 'smallest', format: '.1%' },
    { field: 'largest', title: 'largest', format: '.1%' },
  ];
  return [
    {
      ...curve(false),
      mark: { type: 'area', opacity: 0.16 },
      encoding: { x, y: yEncoding('smallest'), y2: { field: 'largest' } },
    },
    { ...curve(true), mark: { type: 'line', strokeWidth: 1.4, strokeDash: [1.5, 3.5] }, encoding: at },
    { ...curve(false), mark: { type: 'line', strokeWidth: 1.8 }, encoding: at },
    {
      ...curve(false),
      mark: { type: 'circle', size: 26, opacity: 1 },
      encoding: { ...at, ...(inPage && { tooltip }) },
    },
  ];
}

/** Labels of shares closer than this, of the axis, would touch; measured at 330 pixels. */
const closest = 0.1;

function xEncoding(shares: readonly number[]) {
  const labelled: number[] = [];
  for (const share of shares)
    if (labelled.length === 0 || (labelled.at(-1) as number) - share >= closest) labelled.push(share);
  return {
    field: 'share',
    type: 'quantitative' as const,
    scale: { domain: [0, 1], nice: false },
    axis: { title: 'share of the channels kept, per layer', values: labelled, format: '.4~%', grid: false },
  };
}

function yEncoding(field: string) {
  return {
    field,
    type: 'quantitative' as const,
    scale: { domain: [0, 1], nice: false },
    axis: { title: 'accuracy', format: '.0%', tickCount: 6 },
  };
}
