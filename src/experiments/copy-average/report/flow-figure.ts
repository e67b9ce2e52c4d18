/** Loss and gradient along flows, against the logarithm of time. */
import type { Figure, FigureStyle, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import type { Kind } from '../scalars.js';
import { endColor, type FlowsOf, kindNames, type Shown } from './groups.js';

const title = 'Loss along gradient flow';

export function flowFigure(groups: readonly FlowsOf[]): Figure {
  const group = groups.at(-1) as FlowsOf;
  const rows = group.shown.flatMap((flow) => rowsOf(flow));
  const ends = group.shown.map(({ kind }) => kind);
  const shown = group.shown.map(({ kind, loss }) => `${loss.toFixed(7)} (${kindNames[kind]})`);
  return {
    name: 'flow',
    title,
    caption:
      'One flow per kind of end point, from its start to where the gradient is 0: plateaus are saddles that the flow passes. Losses at the ' +
      `end for n = ${group.n}, k = ${group.k}: ${shown.join(', ')}.`,
    notes: groups.length > 1 ? [`Drawn for n = ${group.n}, k = ${group.k}, the last of the run.`] : [],
    hint: 'Point at a line for its values.',
    table: {
      columns: ['end', 'time', 'loss', 'largest gradient'],
      rows: rows.map(({ end, time, loss, gradient }) => [end, time, loss, gradient]),
    },
    datasets: { flows: rows },
    draw: (style) =>
      figureFrame(
        {
          title,
          subtitle: [`n = ${group.n}, k = ${group.k}`, 'one start per kind of end point'],
          panels: [
            panel('loss', 'loss', ends, style),
            panel('gradient', 'largest component of the gradient', ends, style),
          ],
          columns: style.layout === 'wide' ? 2 : 1,
        },
        style,
      ),
  };
}

/** Without the start, whose time 0 has no place on a logarithmic axis. */
function rowsOf({ kind, time, losses, gradients }: Shown) {
  return Array.from(time, (t, i) => ({
    end: kindNames[kind],
    time: t,
    loss: losses[i] as number,
    gradient: gradients[i] as number,
  })).filter(({ time: t, gradient }) => t > 0 && gradient > 0);
}

function panel(
  field: 'loss' | 'gradient',
  label: string,
  ends: readonly Kind[],
  { theme, layout, inPage }: FigureStyle,
): Panel {
  return {
    width: layout === 'wide' ? 320 : 240,
    height: 230,
    layer: [
      {
        data: { name: 'flows' },
        mark: { type: 'line', strokeWidth: 1.8, ...(inPage && { tooltip: true }) },
        encoding: {
          x: {
            field: 'time',
            type: 'quantitative',
            scale: { type: 'log', nice: false },
            axis: { title: 'time', format: '~e', tickCount: 6, grid: false },
          },
          y: {
            field,
            type: 'quantitative',
            scale: { type: 'log' },
            axis: { title: label, format: '~e', tickCount: 6 },
          },
          color: endColor(ends, theme),
        },
      },
    ],
  };
}
