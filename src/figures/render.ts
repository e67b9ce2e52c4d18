import { Resvg } from '@resvg/resvg-js';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { EigenstudentError } from '../errors.js';
import { fontAdvances, fontFamily, fontFiles } from './font-metrics.js';
import { leanSvg } from './lean-svg.js';
import { subscriptsInSvg, withoutMarks } from './subscripts.js';

/** Pixels of a PNG per unit of its SVG. */
const pngScale = 2;

/** The current drawing: Vega has one text measure and one set of counters per process. */
let drawing: Promise<unknown> = Promise.resolve();

/**
 * Vega-Lite -> Vega -> SVG, one picture at a time. Warnings are errors: Vega-Lite warns when it draws something other
 * than the specification.
 * @throws internal with the warnings
 */
export function renderSvg(specification: TopLevelSpec): Promise<string> {
  const next = drawing.then(() => drawSvg(specification));
  drawing = next.catch(() => undefined);
  return next;
}

async function drawSvg(specification: TopLevelSpec): Promise<string> {
  const warnings: string[] = [];
  const logger = vega.logger(vega.Warn, undefined, (_method, _level, texts) =>
    warnings.push(texts.join(' ')),
  );
  const { spec } = compile(specification, { logger });
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logger });
  const restore = measureWithDejaVu();
  try {
    // Clip paths are named by a counter; a figure must not depend on those drawn before it.
    vega.resetSVGDefIds();
    const svg = await view.toSVG();
    if (warnings.length > 0)
      throw new EigenstudentError('internal', `a figure does not compile cleanly: ${warnings.join('; ')}`);
    return subscriptsInSvg(leanSvg(svg));
  } finally {
    restore();
    view.finalize();
  }
}

/** PNG of an SVG, set in DejaVu Sans from node_modules; text without a font would be omitted silently. */
export function renderPng(svg: string): Buffer {
  const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: fontFamily };
  return new Resvg(svg, { fitTo: { mode: 'zoom', value: pngScale }, font }).render().asPng();
}

interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
}
type Measure = (item: TextItem, text: unknown) => number;

/**
 * Gives Vega the widths of DejaVu Sans; returns a function that restores the previous measure, since Vega has one per
 * process. `textMetrics` is intended to be replaced (vega-scenegraph, src/util/text.js) but missing from Vega's types.
 */
function measureWithDejaVu(): () => void {
  const metrics: unknown = Reflect.get(vega, 'textMetrics');
  if (!hasMeasure(metrics))
    throw new EigenstudentError('internal', 'this version of vega has no textMetrics.width');
  const before = metrics.width;
  const { normal, bold } = fontAdvances();
  metrics.width = ({ fontSize = 11, fontWeight }, text) =>
    fontSize * (isBold(fontWeight) ? bold : normal)(withoutMarks(String(text ?? '')));
  return () => {
    metrics.width = before;
  };
}

function hasMeasure(value: unknown): value is { width: Measure } {
  return typeof value === 'object' && value !== null && 'width' in value && typeof value.width === 'function';
}

function isBold(weight: string | number | undefined): boolean {
  return weight === 'bold' || Number(weight) >= 600;
}
