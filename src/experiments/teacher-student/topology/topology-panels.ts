import { plainLabel } from '../../../figures/axes.js';
import type { Figure, FigureStyle, Layer, Panel } from '../../../figures/figure.js';
import { figureFrame } from '../../../figures/frame.js';
import { panelTitle as panelTitleLines } from '../../../figures/wrapped-text.js';
import { type Series, seriesColors } from '../panels/series.js';
import { trialCount } from '../panels/trial-groups.js';
import { structured } from '../structure/chosen-trials.js';
import { balanced } from '../structure/sub-network.js';
import type { TeacherStructure } from '../structure/teacher-structure.js';
import { mostDrawnNodes } from '../structure/trial-structure.js';
import { distributionRows, distributions } from './distributions.js';
import { inSecondOrderOf, networkDrawing } from './network-drawing.js';
import type { SurvivingGroup } from './surviving-group.js';

/** Distributions of in-strength, out-strength and overlap, then the teacher and a sub-network of each series. */
export function topologyChart(
  { title, footnotes }: { readonly title: string; readonly footnotes: readonly string[] },
  shown: readonly SurvivingGroup[],
  allSeries: readonly Series[],
): Pick<Figure, 'datasets' | 'draw'> {
  const teacher = teacherOf(shown);
  const series = allSeries.filter(({ name }) => shown.some((each) => each.series === name));
  const drawings = [
    networkDrawing('teacher', balanced(teacher.network)),
    ...shown.map(({ series: name, survivors }) => {
      const [first] = survivors as [SurvivingGroup['survivors'][number]];
      return networkDrawing(name, balanced(inSecondOrderOf(teacher.network, first.drawn)));
    }),
  ];
  return {
    datasets: {
      distributions: distributionRows(shown, teacher),
      nodes: drawings.flatMap(({ nodes }) => nodes.map((node) => ({ ...node }))),
      edges: drawings.flatMap(({ edges }) => edges.map((edge) => ({ ...edge }))),
    },
    draw: (style) => {
      const panels = topologyPanels(shown, series, style);
      const columns = style.layout === 'wide' ? 3 : 1;
      const lines = { title, subtitle: subtitle(shown), footnotes };
      return figureFrame({ ...lines, panels, columns, spacing: 22 }, style);
    },
  };
}

function topologyPanels(shown: readonly SurvivingGroup[], series: readonly Series[], style: FigureStyle) {
  const { theme, layout } = style;
  const domain = ['teacher', ...series.map(({ name }) => name)];
  const colors = [theme.teacher, ...seriesColors(series, theme)];
  // The lightest colour of a ramp has too little contrast for text.
  const letters = [theme.teacher, ...series.map(({ parametrization }) => theme[parametrization])];
  const size = layout === 'wide' ? { width: 205, height: 190 } : { width: 235, height: 200 };
  return [
    ...distributions.map((each, i) =>
      distributionPanel(each, { domain, colors, first: i === 0, size }, style),
    ),
    ...domain.map((name, i) => {
      const own = [colors[i] as string, letters[i] as string] as const;
      return networkPanel({ name, title: panelTitle(name, shown), colors: own, size }, style);
    }),
  ];
}

/**
 * The teacher of all shown groups: they have one teacher size, and where teachers differ otherwise, it is that of the
 * first.
 */
function teacherOf(shown: readonly SurvivingGroup[]): TeacherStructure {
  const [first] = shown.flatMap(({ group }) => structured(group));
  return (first as NonNullable<typeof first>).structure.teacher;
}

function subtitle(shown: readonly SurvivingGroup[]): string[] {
  return [
    `curves: nodes of ${trialCount(shown.map(({ group }) => ({ ...group, trials: structured(group) })))}`,
    'drawings: first trial, inputs on the left',
    'edge width: |w|, grey: w < 0',
  ];
}

function panelTitle(name: string, shown: readonly SurvivingGroup[]): string[] {
  const own = shown.find(({ series }) => series === name);
  if (!own) return ['teacher', `h_T = ${shown[0]?.group.teacherSize}`];
  const nodes = own.survivors[0]?.nodes ?? 0;
  const cut = nodes > mostDrawnNodes ? [`${mostDrawnNodes} of ${nodes} nodes drawn`] : [];
  return [name, `h = ${own.group.width}, n_λ = ${nodes}`, ...cut];
}

interface PanelStyle {
  readonly domain: readonly string[];
  readonly colors: readonly string[];
  readonly first: boolean;
  readonly size: { readonly width: number; readonly height: number };
}

type Distribution = (typeof distributions)[number];

function distributionPanel(
  { quantity, title, axis, domain }: Distribution,
  panel: PanelStyle,
  { theme, layout }: FigureStyle,
): Panel {
  const { first, size } = panel;
  const shares = [0, 0.25, 0.5, 0.75, 1];
  const yTitle = first ? 'share of nodes below' : null;
  const layer: Layer = {
    data: { name: 'distributions' },
    transform: [{ filter: `datum.quantity === ${JSON.stringify(quantity)}` }],
    mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.8, clip: true },
    encoding: {
      x: {
        field: 'value',
        type: 'quantitative',
        scale: domain ? { domain: [...domain] } : { nice: true, zero: false },
        axis: { title: axis, grid: false, tickCount: 5 },
      },
      y: {
        field: 'share',
        type: 'quantitative',
        scale: { domain: [0, 1] },
        axis: { title: yTitle, values: shares, labelExpr: plainLabel },
      },
      ...lineEncoding(panel, layout),
      tooltip: [
        { field: 'series', title: 'network' },
        { field: 'kind', title: 'of' },
        { field: 'value', title: axis, format: '.3~f' },
        { field: 'share', title: 'share below', format: '.2f' },
      ],
    },
  };
  return {
    title: { text: panelTitleLines([title], size.width), color: theme.ink },
    ...size,
    layer: [layer],
  };
}

/** Hue encodes the network; random nodes are dashed. */
function lineEncoding({ domain, colors }: PanelStyle, layout: FigureStyle['layout']) {
  const [solid, dashed] = [
    [1, 0],
    [4, 3],
  ];
  return {
    color: {
      field: 'series',
      type: 'nominal' as const,
      scale: { domain: [...domain], range: [...colors] },
      legend: {
        title: null,
        orient: 'bottom' as const,
        symbolType: 'stroke',
        symbolOpacity: 1,
        columns: layout === 'wide' ? 3 : 1,
        labelLimit: 230,
      },
    },
    strokeDash: {
      field: 'kind',
      type: 'nominal' as const,
      scale: { domain: ['nodes', 'random nodes'], range: [solid, dashed] },
      legend: null,
    },
  };
}

interface NetworkPlace {
  readonly name: string;
  readonly title: readonly string[];
  /** Colours of its edges, and of its title. */
  readonly colors: readonly [string, string];
  readonly size: PanelStyle['size'];
}

function networkPanel({ name, title, colors, size }: NetworkPlace, { theme }: FigureStyle): Panel {
  const inPanel = [{ filter: `datum.panel === ${JSON.stringify(name)}` }];
  const nodes: Layer = {
    data: { name: 'nodes' },
    transform: inPanel,
    mark: { type: 'circle', size: 26, opacity: 1, color: theme.ink },
    encoding: { x: place('x'), y: place('y'), tooltip: [{ field: 'label', title: 'node' }] },
  };
  return {
    title: { text: panelTitleLines(title, size.width), color: colors[1] },
    ...size,
    height: 260,
    layer: [edgeLayer(inPanel, colors[0], theme), nodes],
  };
}

function place(field: 'x' | 'y') {
  return {
    field,
    type: 'quantitative' as const,
    scale: { domain: field === 'x' ? [-0.1, 2.1] : [0, 1], nice: false },
    axis: null,
  };
}

function edgeLayer(transform: { filter: string }[], color: string, theme: FigureStyle['theme']): Layer {
  const strength = (range: [number, number]) => ({
    field: 'strength',
    type: 'quantitative' as const,
    scale: { type: 'pow' as const, exponent: 2, domain: [0, 1], range },
    legend: null,
  });
  return {
    data: { name: 'edges' },
    transform,
    // Screen readers do not read hundreds of edges; the table has their statistics.
    mark: { type: 'rule', aria: false },
    encoding: {
      x: place('x'),
      y: place('y'),
      x2: { field: 'x2' },
      y2: { field: 'y2' },
      strokeWidth: strength([0, 2.6]),
      opacity: strength([0.1, 1]),
      stroke: { condition: { test: "datum.sign === 'negative'", value: theme.muted }, value: color },
    },
  };
}
