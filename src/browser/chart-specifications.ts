/** Specifications of the live page's charts, without the rows and parameters that Chart sets. */
import type { TopLevelSpec } from 'vega-lite';
import { plainLabel, powerLabel } from '../figures/axes.js';
import { chartConfig, type Theme } from '../figures/theme.js';
import type { LiveCurves, LiveGroupChart, LiveView } from '../sweep/live-view.js';

/** Area of the invisible square around a value in which the pointer selects it. */
const pointerArea = 300;

/** An axis whose domain and ticks are parameters. */
function logAxis(field: string, name: 'x' | 'y', title: string) {
  const plain = `${name}Domain[0] >= 1e-3 && ${name}Domain[1] < 1e5`;
  return {
    field,
    type: 'quantitative',
    scale: { type: 'log', domain: { expr: `${name}Domain` }, nice: false, clamp: true },
    axis: {
      title,
      values: { expr: `${name}Ticks` },
      labelExpr: `${plain} ? ${plainLabel} : ${powerLabel}`,
      labelOverlap: 'greedy',
      grid: name === 'y',
    },
  } as const;
}

/** A vertical axis whose domain is a parameter. */
function linearAxis(field: string, title: string) {
  return {
    field,
    type: 'quantitative',
    scale: { domain: { expr: 'yDomain' }, nice: true, zero: false },
    axis: { title, grid: true },
  } as const;
}

/** Dashed lines for comparison. */
function referenceLayer(theme: Theme, y: object) {
  return {
    data: { name: 'references' },
    mark: { type: 'rule', color: theme.teacher, strokeDash: [6, 4], strokeWidth: 1.5 },
    encoding: { y: { ...y, field: 'value' } },
  } as const;
}

function chart(theme: Theme, height: number, layer: unknown): TopLevelSpec {
  return {
    // Values have no description of their own: the chart's refers to the table.
    config: { ...chartConfig({ theme, inPage: true }), aria: false },
    width: 'container',
    height,
    autosize: { type: 'fit-x', contains: 'padding' },
    params: ['xDomain', 'yDomain', 'xTicks', 'yTicks', 'opacity'].map((name) => ({ name, value: [1, 10] })),
    layer: layer as [],
  };
}

/** Rows `points`: { key, color, epoch, value }, a line per key; a line is interrupted where its value is null. */
export function curvesChart(
  theme: Theme,
  { axis, scale }: Pick<LiveCurves, 'axis' | 'scale'>,
  epochName: string,
): TopLevelSpec {
  const y = scale === 'linear' ? linearAxis('value', axis) : logAxis('value', 'y', axis);
  const x = {
    field: 'epoch',
    type: 'quantitative',
    scale: { domain: { expr: 'xDomain' }, nice: false },
    axis: { grid: false, tickCount: 5, title: epochName },
  } as const;
  return chart(theme, 220, [
    {
      data: { name: 'points' },
      layer: [
        {
          mark: { type: 'line', strokeWidth: 1.1, opacity: { expr: 'opacity' } },
          encoding: { detail: { field: 'key' } },
        },
        { mark: { type: 'square', opacity: 0, size: pointerArea, tooltip: { content: 'data' } } },
      ],
      encoding: { x, y, color: { field: 'color', type: 'nominal', scale: null } },
    },
    referenceLayer(theme, y),
  ]);
}

/** Rows `points`: { arm, size, against, mean, low, high }. */
export function groupsChart(
  theme: Theme,
  { againstAxis, axis, scale }: LiveGroupChart,
  arms: LiveView['arms'],
): TopLevelSpec {
  const x = logAxis('against', 'x', againstAxis);
  const y = scale === 'linear' ? linearAxis('mean', axis) : logAxis('mean', 'y', axis);
  const color = {
    field: 'arm',
    type: 'nominal',
    scale: { domain: arms.map(({ name }) => name), range: arms.map(({ color }) => theme[color]) },
    legend: null,
  } as const;
  return chart(theme, 260, [
    referenceLayer(theme, y),
    {
      data: { name: 'points' },
      layer: [
        { mark: 'rule', encoding: { y: { ...y, field: 'low' }, y2: { field: 'high' } } },
        {
          mark: { type: 'circle', opacity: 1, stroke: theme.background, strokeWidth: 1 },
          // Where both are at one place, both remain visible.
          encoding: {
            size: { field: 'size', type: 'quantitative', scale: null, legend: null },
          },
        },
        { mark: { type: 'square', opacity: 0, size: pointerArea, tooltip: { content: 'data' } } },
      ],
      encoding: { x, y, color },
    },
  ]);
}
