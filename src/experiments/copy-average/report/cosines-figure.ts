/** Cosines of student and teacher neurons at the end of a flow, beside norms and outgoing weights. */
import type { Figure, FigureStyle, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { type FlowsOf, kindNames, type Shown } from './groups.js';

const title = 'Students beside their teacher';

interface Neuron {
  readonly norm: number;
  readonly outgoing: number;
  readonly cosines: Float64Array;
}

export function cosinesFigure(groups: readonly FlowsOf[]): Figure {
  const group = groups.at(-1) as FlowsOf;
  const shown = group.shown.map((flow) => ({
    kind: kindNames[flow.kind],
    neurons: ordered(neuronsOf(group, flow)),
  }));
  const cells = shown.flatMap(({ kind, neurons }) =>
    neurons.flatMap(({ neuron, columns }, i) =>
      columns.map((cosine, l) => ({ kind, student: i + 1, teacher: l + 1, cosine, norm: neuron.norm })),
    ),
  );
  const weights = shown.flatMap(({ kind, neurons }) =>
    neurons.map(({ neuron }, i) => ({ kind, student: i + 1, norm: neuron.norm, outgoing: neuron.outgoing })),
  );
  return {
    name: 'cosines',
    title,
    caption:
      'Rows are student neurons, columns teacher neurons, in the order that puts the largest cosines on the diagonal; (w, a) and (-w, -a) are ' +
      `one neuron, drawn with a > 0. A copy has norm 1 and outgoing weight 1; an average of H neurons has norm 1/sqrt(2H - 1), here ${(
        1 / Math.sqrt(2 * (group.k - group.n + 1) - 1)
      ).toFixed(3)}, and outgoing weight H = ${group.k - group.n + 1}.`,
    notes: groups.length > 1 ? [`Drawn for n = ${group.n}, k = ${group.k}, the last of the run.`] : [],
    hint: 'Point at a cell for its cosine.',
    table: {
      columns: ['end', 'student neuron', 'norm', 'outgoing'],
      rows: weights.map(({ kind, student, norm, outgoing }) => [kind, student, norm, outgoing]),
    },
    datasets: { cells, weights },
    draw: (style) =>
      figureFrame(
        {
          title,
          subtitle: [`n = ${group.n}, k = ${group.k}`],
          panels: shown.flatMap(({ kind }) => [
            matrix(kind, group, style),
            bars(kind, 'norm', 'norm of w', group, style),
            bars(kind, 'outgoing', 'outgoing weight a', group, style),
          ]),
          columns: style.layout === 'wide' ? 3 : 1,
        },
        style,
      ),
  };
}

function neuronsOf({ k, n, inputs }: FlowsOf, { parameters, cosines }: Shown): Neuron[] {
  return Array.from({ length: n }, (_, i) => {
    const outgoing = parameters[n * inputs + i] as number;
    const sign = outgoing < 0 ? -1 : 1;
    return {
      norm: Math.hypot(...parameters.subarray(i * inputs, (i + 1) * inputs)),
      outgoing: Math.abs(outgoing),
      cosines: cosines.slice(i * k, (i + 1) * k).map((cosine) => sign * cosine),
    };
  });
}

/** Neurons by their largest cosine, each with its teacher neuron as the next column; columns that are left follow. */
function ordered(neurons: readonly Neuron[]) {
  const order: number[] = [];
  const free = new Set(neurons.keys());
  const columns: number[] = [];
  while (free.size > 0) {
    let best = { neuron: -1, teacher: -1, cosine: -Infinity };
    for (const neuron of free)
      for (const [teacher, cosine] of (neurons[neuron] as Neuron).cosines.entries())
        if (!columns.includes(teacher) && cosine > best.cosine) best = { neuron, teacher, cosine };
    order.push(best.neuron);
    columns.push(best.teacher);
    free.delete(best.neuron);
  }
  const all = [...columns, ...((neurons[0] as Neuron).cosines.keys() as Iterable<number>)];
  const unique = [...new Set(all)];
  return order.map((index) => {
    const neuron = neurons[index] as Neuron;
    return { neuron, columns: unique.map((teacher) => neuron.cosines[teacher] as number) };
  });
}

const cell = 26;

function matrix(kind: string, { n, k }: FlowsOf, { theme, inPage }: FigureStyle): Panel {
  return {
    title: kind,
    width: cell * k,
    height: cell * n,
    layer: [
      {
        data: { name: 'cells' },
        transform: [{ filter: `datum.kind === '${kind}'` }],
        mark: { type: 'rect' },
        encoding: {
          x: { field: 'teacher', type: 'ordinal', axis: { title: 'teacher neuron', labelAngle: 0 } },
          y: { field: 'student', type: 'ordinal', axis: { title: 'student neuron' } },
          color: {
            field: 'cosine',
            type: 'quantitative',
            scale: {
              domain: [-1, 0, 1],
              range: [theme.direct, theme.background, theme.spectral],
              interpolate: 'rgb',
            },
            legend: { title: 'cosine', orient: 'right', gradientLength: Math.max(60, cell * n) },
          },
          ...(inPage && {
            tooltip: [{ field: 'cosine', format: '.4f' }, { field: 'student' }, { field: 'teacher' }],
          }),
        },
      },
    ],
  };
}

function bars(
  kind: string,
  field: 'norm' | 'outgoing',
  label: string,
  { n, k }: FlowsOf,
  { theme }: FigureStyle,
): Panel {
  const averaged = k - n + 1;
  const guides = field === 'norm' ? [1, 1 / Math.sqrt(2 * averaged - 1)] : [1, averaged];
  return {
    title: label,
    width: 130,
    height: cell * n,
    layer: [
      {
        data: { name: 'weights' },
        transform: [{ filter: `datum.kind === '${kind}'` }],
        mark: { type: 'bar', color: theme.muted },
        encoding: {
          y: { field: 'student', type: 'ordinal', axis: { title: null } },
          x: { field, type: 'quantitative', axis: { title: label, tickCount: 4 } },
        },
      },
      ...[...new Set(guides)].map((value) => ({
        data: { values: [{ value }] },
        mark: { type: 'rule' as const, strokeDash: [4, 3], color: theme.teacher },
        encoding: { x: { field: 'value', type: 'quantitative' as const } },
      })),
    ],
  };
}
