/** Step time against width, ours and the peers', log-log, as an SVG that stands on a light and on a dark page. */
import type { TopLevelSpec } from 'vega-lite';
import { logDomain, logTicks } from '../dist/figures/axes.js';
import { renderSvg } from '../dist/figures/render.js';
import { chartConfig, lightTheme as theme } from '../dist/figures/theme.js';
import type { Row } from './row.js';

export interface StepTime {
  readonly series: string;
  /** h */
  readonly width: number;
  readonly microseconds: number;
}

const ours = 'eigenstudent';
const torch = 'PyTorch';
const floor = 'its arithmetic alone, at the FMA peak';
const colors: Readonly<Record<string, string>> = {
  [ours]: theme.spectral,
  [torch]: theme.direct,
  [floor]: theme.muted,
};

/**
 * The rows of step/paper/spectral by width: ours, PyTorch's where it was there, and what the useful arithmetic alone
 * takes at the peak that was measured beside it.
 */
export function stepTimes(rows: readonly Row[]): StepTime[] {
  const times = rows.flatMap((row) => {
    const width = Number(/^step\/paper\/spectral\/h(\d+)$/.exec(row.name)?.[1]);
    if (Number.isNaN(width)) return [];
    const { microseconds, peers, fractionOfPeak } = row;
    return [
      { series: ours, width, microseconds },
      { series: torch, width, microseconds: peers.torch?.microseconds ?? NaN },
      { series: floor, width, microseconds: microseconds * (fractionOfPeak ?? NaN) },
    ];
  });
  return times.filter(({ microseconds }) => !Number.isNaN(microseconds)).sort((a, b) => a.width - b.width);
}

/** @throws when the rows hold fewer than two widths: one point is no curve */
export function stepTimePlot(rows: readonly Row[]): Promise<string> {
  const times = stepTimes(rows);
  if (new Set(times.map(({ width }) => width)).size < 2)
    throw new Error('a plot needs step/paper/spectral at two widths or more; measure with --full');
  return renderSvg(specification(times, rows));
}

function specification(times: readonly StepTime[], rows: readonly Row[]): TopLevelSpec {
  const { engine } = rows.find(({ name }) => name.startsWith('step/paper/spectral/')) as Row;
  return {
    description: `Microseconds of a training step against the width of the student: ${times
      .map(({ series, width, microseconds }) => `${series} at ${width}: ${microseconds.toFixed(0)}`)
      .join(', ')}.`,
    title: {
      text: "A training step of the paper's spectral student, 10 → h → 20 → 1",
      subtitle: `batch 300, Adam, float32, one thread, ${engine}; lower is faster`,
    },
    datasets: { times: [...times] },
    data: { name: 'times' },
    width: 560,
    height: 340,
    layer: [
      curve(`datum.series !== '${floor}'`, []),
      curve(`datum.series === '${floor}'`, [4, 4]),
      points(),
      ...names(times),
    ],
    encoding: { x: xAxis(times), y: yAxis(times), color: colorOf(times) },
    config: { ...chartConfig({ theme, inPage: false }), padding: 14 },
  };
}

function xAxis(times: readonly StepTime[]) {
  const widths = [...new Set(times.map(({ width }) => width))];
  return {
    field: 'width',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: logDomain(widths), nice: false },
    axis: {
      title: 'student width h (nodes)',
      values: widths,
      format: 'd',
      labelOverlap: 'greedy' as const,
      labelSeparation: 6,
      grid: false,
    },
  };
}

/** Vega expression: 10 000. */
const groupedLabel = "replace(format(datum.value, ',~f'), /,/g, ' ')";

function yAxis(times: readonly StepTime[]) {
  const domain = logDomain(times.map(({ microseconds }) => microseconds));
  return {
    field: 'microseconds',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain, nice: false },
    axis: { title: 'microseconds per step', values: logTicks(domain), labelExpr: groupedLabel },
  };
}

function colorOf(times: readonly StepTime[]) {
  const domain = [...new Set(times.map(({ series }) => series))];
  const range = domain.map((series) => colors[series] as string);
  return { field: 'series', type: 'nominal' as const, scale: { domain, range }, legend: null };
}

const curve = (filter: string, strokeDash: number[]) => ({
  transform: [{ filter }],
  mark: { type: 'line' as const, strokeWidth: strokeDash.length > 0 ? 1.5 : 2.5, strokeDash },
});

/** Only what was measured has points. */
const points = () => ({
  transform: [{ filter: `datum.series !== '${floor}'` }],
  mark: { type: 'circle' as const, size: 50, opacity: 1 },
});

/**
 * Each curve's name stands at its widest point; the floor's at its narrowest and below, because at large widths a good
 * curve runs close above it.
 */
function names(times: readonly StepTime[]) {
  const widths = times.map(({ width }) => width);
  const mark = { type: 'text' as const, align: 'left' as const, fontSize: 12, clip: false };
  const encoding = { text: { field: 'series', type: 'nominal' as const } };
  return [
    {
      transform: [{ filter: `datum.series !== '${floor}' && datum.width === ${Math.max(...widths)}` }],
      mark: { ...mark, dx: 9, fontWeight: 'bold' as const },
      encoding,
    },
    {
      transform: [{ filter: `datum.series === '${floor}' && datum.width === ${Math.min(...widths)}` }],
      mark: { ...mark, dx: 14, dy: 7, fontSize: 11 },
      encoding,
    },
  ];
}
