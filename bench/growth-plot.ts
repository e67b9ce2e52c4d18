/** Time per student and per hidden node against how many there are: where growth is linear, the line is level. */
import type { TopLevelSpec } from 'vega-lite';
import { logDomain } from '../dist/figures/axes.js';
import { renderSvg } from '../dist/figures/render.js';
import { chartConfig, lightTheme as theme } from '../dist/figures/theme.js';
import type { Row } from './row.js';

export interface GrowthPoint {
  readonly kind: 'students' | 'width';
  /** Students in the population, or hidden nodes of the student. */
  readonly count: number;
  /** Nanoseconds of a training step per student and hidden node. */
  readonly nanoseconds: number;
}

export function growthPoints(rows: readonly Row[]): GrowthPoint[] {
  return rows.flatMap(({ name, microseconds }) => {
    const match = /^growth\/(students|width)\/(\d+)xh(\d+)$/.exec(name);
    if (!match) return [];
    const kind = match[1] as GrowthPoint['kind'];
    const width = Number(match[3]);
    const count = kind === 'students' ? Number(match[2]) : width;
    return [{ kind, count, nanoseconds: (1000 * microseconds) / width }];
  });
}

/** @throws when the rows hold no trial of growth */
export function growthPlot(rows: readonly Row[]): Promise<string> {
  const points = growthPoints(rows);
  if (points.length === 0)
    throw new Error('a plot of growth needs rows of growth/; measure with --only growth');
  const engine = rows.find(({ name }) => name.startsWith('growth/'))?.engine;
  const panel = (kind: GrowthPoint['kind'], title: string) => ({
    transform: [{ filter: `datum.kind === '${kind}'` }],
    width: 300,
    height: 240,
    mark: {
      type: 'line' as const,
      color: theme.spectral,
      strokeWidth: 2.5,
      point: { color: theme.spectral, size: 50 },
    },
    encoding: {
      x: {
        field: 'count',
        type: 'quantitative' as const,
        scale: {
          type: 'log' as const,
          domain: logDomain(points.filter((p) => p.kind === kind).map((p) => p.count)),
          nice: false,
        },
        axis: {
          title,
          values: points.filter((p) => p.kind === kind).map((p) => p.count),
          format: ',d',
          labelAngle: -45,
          grid: false,
        },
      },
      y: {
        field: 'nanoseconds',
        type: 'quantitative' as const,
        scale: { domainMin: 0 },
        axis: { title: 'ns per step, student and hidden node' },
      },
    },
  });
  const specification: TopLevelSpec = {
    description: `Nanoseconds of a training step per student and hidden node: ${points
      .map(({ kind, count, nanoseconds }) => `${count} ${kind}: ${nanoseconds.toFixed(0)}`)
      .join(', ')}.`,
    title: {
      text: 'How time grows with students and with width',
      subtitle: `10 → h → 20 → 1, batch 300, Adam, float32, one thread, ${engine}; level: linear growth`,
    },
    datasets: { points },
    data: { name: 'points' },
    hconcat: [
      panel('students', 'students of h = 20, one call'),
      panel('width', 'hidden nodes of one student'),
    ],
    config: { ...chartConfig({ theme, inPage: false }), padding: 14 },
  };
  return renderSvg(specification);
}
