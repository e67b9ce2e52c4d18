/** Sections of the live page with its charts, made from the LiveView of the experiment. */
import type { LiveCurves, LiveGroupChart, LiveView } from '../sweep/live-view.js';
import { byId, element, withSubscripts } from './elements.js';

/** In ids of elements, in place of the arm's name, for experiments without arms. */
export const wholePanel = { name: 'all', color: 'spectral' } as const;

export function panelsOf({ arms }: LiveView): LiveView['arms'] {
  return arms.length > 0 ? arms : [wholePanel];
}

let madeOf = '';

/** Returns whether the sections have changed. */
export function makeSections(view: LiveView): boolean {
  const text = JSON.stringify(view);
  if (text === madeOf) return false;
  madeOf = text;
  const { groupChart, curves } = view;
  byId('charts').replaceChildren(
    ...(groupChart ? [groupSection(view, groupChart)] : []),
    ...curves.map((each) => curvesSection(view, each)),
  );
  return true;
}

function groupSection(view: LiveView, chart: LiveGroupChart): HTMLElement {
  const keys = view.arms.flatMap(({ name, color }) => [element('span', '', `dot ${color}`), name]);
  const heading = element('h3');
  const key = element('span', '', 'key');
  key.append(...keys);
  heading.append(key);
  return section(chart, [], [panel(`${chart.name}-chart`, heading, 'chart alone')]);
}

function curvesSection(view: LiveView, curves: LiveCurves): HTMLElement {
  const panels = panelsOf(view).map(({ name, color }) => {
    const heading = element('h3', view.arms.length > 0 ? `${name} ` : '');
    const range = Object.assign(element('span'), { id: `${curves.name}-${name}-range` });
    const key = element('span', '', 'key');
    if (view.shade) key.append(element('span', '', `ramp ${color}`), range);
    heading.append(key);
    const made = panel(`${curves.name}-${name}-chart`, heading);
    return Object.assign(made, { id: `${curves.name}-${name}`, hidden: true });
  });
  return section(curves, choices(curves), panels);
}

/** A checkbox for each quantity after the first. */
function choices({ quantities }: LiveCurves): HTMLElement[] {
  return quantities.slice(1).map(({ name, choice }) => {
    const label = element('label', '', 'choice');
    const box = Object.assign(element('input'), { type: 'checkbox', id: boxOf(name) });
    label.append(box, ` ${choice ?? name}`);
    return label;
  });
}

/** Id of the checkbox that shows a quantity. */
export function boxOf(quantity: string): string {
  return `show-${quantity}`;
}

function section(
  { name, title, note }: Pick<LiveCurves, 'name' | 'title' | 'note'>,
  choice: readonly HTMLElement[],
  panels: readonly HTMLElement[],
): HTMLElement {
  const made = Object.assign(element('section'), { id: name, hidden: true });
  made.setAttribute('aria-labelledby', `${name}-title`);
  const paragraph = element('p', '', 'note');
  const text = Object.assign(element('span'), { id: `${name}-note` });
  text.append(...withSubscripts(note));
  paragraph.append(text, Object.assign(element('span'), { id: `${name}-zeros` }), ' ', ...choice);
  const charts = element('div', '', 'charts');
  charts.append(...panels);
  made.append(Object.assign(element('h2', title), { id: `${name}-title` }), paragraph, charts);
  return made;
}

function panel(chartId: string, heading: HTMLElement, className = 'chart'): HTMLElement {
  const made = element('div', '', className);
  made.append(heading, Object.assign(element('div'), { id: chartId }));
  return made;
}
