/** Shares of starts by where they end, per (n, k). */
import type { Cell, Figure, FigureStyle, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { kinds } from '../scalars.js';
import { endColor, type FlowsOf, kindNames } from './groups.js';

const title = 'Where gradient flow ends';

export function endsFigure(groups: readonly FlowsOf[], thresholds: readonly Threshold[]): Figure {
  const rows = groups.flatMap(({ k, n, summary }) =>
    kinds.map((kind, order) => {
      const { count, share, low, high } = summary[kind];
      return { place: `${n} / ${k}`, k: `k = ${k}`, n, end: kindNames[kind], order, count, share, low, high };
    }),
  );
  return {
    name: 'ends',
    title,
    caption: caption(groups, thresholds),
    notes: ['Lines: 95 % Wilson intervals of the share that is not copies and one average.'],
    hint: 'Point at a bar for its numbers.',
    table: {
      columns: ['k', 'n', 'end', 'starts', 'share', 'low', 'high'],
      rows: rows.map(({ k, n, end, count, share, low, high }): Cell[] => [
        k.slice(4),
        n,
        end,
        count,
        share,
        low,
        high,
      ]),
    },
    datasets: {
      ends: rows,
      spread: groups.map(({ k, n, summary }) => ({ k: `k = ${k}`, n, ...remainder(summary) })),
    },
    draw: (style) =>
      figureFrame(
        {
          title,
          subtitle: [
            'n: neurons of the student, k: of the teacher',
            'line: 95 % interval of what is not copies and one average',
          ],
          panels: [...new Set(groups.map(({ k }) => k))].map((k) => panel(k, groups, style)),
          columns: style.layout === 'wide' ? 4 : 1,
        },
        style,
      ),
  };
}

/** The interval of the share that is not copyAverage, from above. */
function remainder({ copyAverage: { low, high } }: FlowsOf['summary']) {
  return { low: 1 - high, high: 1 - low };
}

/** From which n on, for a k. */
export interface Threshold {
  readonly k: number;
  /** Perturbed copies are a minimum; null: for no n below k. */
  readonly minimum: number | null;
  /** Their loss is below that of the best copy-average point. */
  readonly below: number | null;
}

function caption(groups: readonly FlowsOf[], thresholds: readonly Threshold[]): string {
  const starts = groups.reduce((sum, { trials }) => sum + trials, 0);
  const other = groups.reduce((sum, { summary }) => sum + summary.other.count, 0);
  const lines = thresholds.map(({ k, minimum, below }) => {
    const from = (n: number | null) => (n === null ? 'for no n' : `from n = ${n}`);
    return `k = ${k}: a minimum ${from(minimum)}, the lower loss ${from(below)}`;
  });
  return (
    'Each bar is a student size; its colours are the shares of starts that end in n - 1 copies and one average, in perturbed copies, or ' +
    `elsewhere. Of ${starts} starts ${starts - other} end in one of the two` +
    (lines.length > 0 ? `; by formula, perturbed copies are, ${lines.join('; ')}.` : '.')
  );
}

function panel(k: number, groups: readonly FlowsOf[], { theme, inPage }: FigureStyle): Panel {
  const own = groups.filter((group) => group.k === k);
  const ends = kinds.filter((kind) => groups.some(({ summary }) => summary[kind].count > 0));
  const of = (name: string) => ({ data: { name }, transform: [{ filter: `datum.k === 'k = ${k}'` }] });
  const x = { field: 'n', type: 'ordinal' as const, axis: { title: 'n', labelAngle: 0 } };
  return {
    title: `k = ${k}`,
    width: Math.max(80, 44 * own.length),
    height: 200,
    layer: [
      {
        ...of('ends'),
        mark: { type: 'bar' },
        encoding: {
          x,
          y: {
            field: 'share',
            type: 'quantitative',
            stack: 'zero',
            axis: { title: 'share of starts', format: '.0%' },
            scale: { domain: [0, 1] },
          },
          color: endColor(ends, theme),
          order: { field: 'order', type: 'quantitative', sort: 'descending' },
          ...(inPage && {
            tooltip: [
              { field: 'end', title: 'end' },
              { field: 'count', title: 'starts' },
              { field: 'share', title: 'share', format: '.1%' },
              { field: 'low', title: 'from', format: '.1%' },
              { field: 'high', title: 'to', format: '.1%' },
            ],
          }),
        },
      },
      {
        ...of('spread'),
        mark: { type: 'rule', strokeWidth: 1.2, color: theme.ink },
        encoding: { x, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
      },
    ],
  };
}
