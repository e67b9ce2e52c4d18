import { powerLabel, zerosAtFootNotes } from '../../../figures/axes.js';
import type { Cell, Figure, FigureStyle, Layer, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { panelTitle } from '../../../figures/wrapped-text.js';
import type { FollowedTrial } from './followed-trial.js';

/** Smaller relevances are drawn at this value; arbitrary. Those of a trained student extend down to 0.03. */
const floor = 1e-3;
/** Panels side by side: eigenvalues and relevances of one student, relevances of the other. */
const mostColumns = 3;

interface TrajectoryRow extends Record<string, Cell | boolean> {
  readonly panel: string;
  readonly node: number;
  readonly stays: boolean;
  readonly epoch: number;
  readonly value: number;
  readonly drawn: number;
  /** The end of its line: the encoding of a line uses its first row. */
  readonly end: number;
}

type Quantity = 'eigenvalues' | 'relevance';

interface Place {
  readonly followed: FollowedTrial;
  readonly quantity: Quantity;
  /** Names its rows. */
  readonly id: string;
}

interface TrajectoryTexts {
  readonly title: string;
  readonly footnotes: readonly string[];
  /** Whether the run has several teacher sizes, so that panels state theirs. */
  readonly several: boolean;
}

/** Per student a panel of its eigenvalues, where they are trained, and one of its relevances; one line per node. */
export function trajectoryChart(
  { title, footnotes, several }: TrajectoryTexts,
  followed: readonly FollowedTrial[],
): Pick<Figure, 'datasets' | 'draw' | 'notes'> {
  const places = followed.flatMap((each, i): Place[] => {
    const quantities: Quantity[] = each.nodes[0]?.eigenvalues ? ['eigenvalues', 'relevance'] : ['relevance'];
    return quantities.map((quantity) => ({ followed: each, quantity, id: `${quantity} ${i}` }));
  });
  const relevances = places.filter(({ quantity }) => quantity === 'relevance').flatMap(rowsOf);
  return {
    notes: zerosAtFootNotes(relevances.filter(({ value }) => value === 0).length, floor),
    datasets: { nodes: places.flatMap(rowsOf) },
    draw: (style) => {
      const most = Math.max(...teachersOf(places).map((size) => ofTeacher(places, size).length));
      // Two columns for several students, so that the two panels of a spectral one are side by side.
      const columns = style.layout === 'wide' ? (most > mostColumns ? 2 : most) : 1;
      const panels = places.map((place) => panel(place, columns, several, style));
      const subtitle = [
        'one trial each, one line per node',
        'coloured: above the dashed threshold at the end',
        'grey: the others',
      ];
      return figureFrame({ title, subtitle, footnotes, panels, columns }, style);
    },
  };
}

function teachersOf(places: readonly Place[]): number[] {
  return [...new Set(places.map(({ followed }) => followed.group.teacherSize))];
}

function ofTeacher(places: readonly Place[], size: number): readonly Place[] {
  return places.filter(({ followed }) => followed.group.teacherSize === size);
}

function rowsOf({ followed, quantity, id }: Place): TrajectoryRow[] {
  const { nodes, epochs, drawnEpochs } = followed;
  return nodes.flatMap(({ node, stays, ...values }) =>
    drawnEpochs.map((k) => {
      const end = values[quantity]?.at(-1) as number;
      const value = values[quantity]?.[k] as number;
      const drawn = quantity === 'relevance' ? Math.max(value, floor) : value;
      return { panel: id, node, stays, epoch: epochs[k] as number, value, drawn, end };
    }),
  );
}

function panel(place: Place, columns: number, several: boolean, style: FigureStyle): Panel {
  const { followed, quantity } = place;
  const { group, series } = followed;
  const { parametrization, width, teacherSize } = group;
  const size =
    style.layout === 'wide' ? { width: columns > 2 ? 195 : 300, height: 230 } : { width: 230, height: 200 };
  return {
    title: {
      text: panelTitle([series, `h = ${width}${several ? `, h_T = ${teacherSize}` : ''}`], size.width),
      color: style.theme[parametrization],
    },
    ...size,
    layer: quantity === 'relevance' ? relevanceLayers(place, style) : eigenvalueLayers(place, style),
  };
}

function eigenvalueLayers(place: Place, style: FigureStyle): Layer[] {
  const values = rowsOf(place).map(({ value }) => value);
  const y = {
    type: 'quantitative' as const,
    scale: { domain: [Math.min(0, ...values), Math.max(0, ...values)], nice: true },
    axis: { title: 'eigenvalue λ_i', tickCount: 6 },
  };
  const zero: Layer = {
    data: { values: [{ zero: 0 }] },
    mark: { type: 'rule', strokeWidth: 1 },
    encoding: { y: { ...y, field: 'zero' }, color: { value: style.theme.muted } },
  };
  return [zero, ...lineLayers(place, y, 'eigenvalue', style)];
}

function relevanceLayers(place: Place, style: FigureStyle): Layer[] {
  const y = {
    type: 'quantitative' as const,
    // A label at the upper end would shift the title of its panel, out of line with its neighbours.
    scale: { type: 'log' as const, domain: [floor, 1.3], nice: false },
    axis: {
      title: 'relevance / largest',
      values: [1e-3, 1e-2, 1e-1, 1],
      labelExpr: `(datum.value < ${floor * 1.5} ? '≤ ' : '') + ${powerLabel}`,
    },
  };
  const threshold: Layer = {
    // A threshold of 0 is at the lower end of the axis, as the nodes below it are.
    data: { values: [{ threshold: Math.max(place.followed.trial.threshold, floor) }] },
    mark: { type: 'rule', strokeDash: [3, 3] },
    encoding: { y: { ...y, field: 'threshold' }, color: { value: style.theme.ink } },
  };
  return [...lineLayers(place, y, 'relevance / largest', style), threshold];
}

/** Nodes above the threshold last, so that they are visible. */
function lineLayers(
  { followed, id }: Place,
  y: { readonly type: 'quantitative'; readonly scale: object; readonly axis: object },
  valueTitle: string,
  { theme, inPage }: FigureStyle,
): Layer[] {
  const x = {
    field: 'epoch',
    type: 'quantitative' as const,
    scale: { domain: [0, followed.epochs.at(-1) as number], nice: false },
    axis: { title: 'epoch', grid: false, format: 'd', tickCount: 4 },
  };
  return [false, true].map((stays): Layer => {
    const color = stays ? theme[followed.group.parametrization] : theme.muted;
    const transform = [{ filter: `datum.panel === '${id}' && datum.stays === ${stays}` }];
    const tooltip = [
      { field: 'node', type: 'nominal' as const },
      { field: 'end', title: `${valueTitle} at the end`, format: '.3~g' },
    ];
    return {
      data: { name: 'nodes' },
      transform,
      mark: {
        ...{ type: 'line', clip: true, strokeWidth: stays ? 1.2 : 0.8, opacity: stays ? 0.75 : 0.4 },
        // Like the edges of a drawn network, lines without a name are hidden from screen readers.
        aria: false,
      },
      encoding: {
        x,
        y: { ...y, field: 'drawn' },
        detail: { field: 'node' },
        color: { value: color },
        ...(inPage && { tooltip }),
      },
    };
  });
}
