/** Writes the text, bars and tables of the live page. */
import { short } from '../figures/numbers-in-text.js';
import type { LiveGroup, LiveState, LiveStatistic, StateCounts } from '../live/live-state.js';
import type { Place, PlaceColumn } from '../protocol/experiment-form.js';
import { placeText } from '../protocol/place-text.js';
import { byId, element, withSubscripts } from './elements.js';

/** Fills the page. Returns the state of the sweep as a sentence. */
export function showState(state: LiveState): string {
  const { absent, counts, total, damaged } = state;
  for (const id of ['tally', 'groups']) byId(id).hidden = absent !== null;
  byId('failures').hidden = counts.failed === 0;
  byId('title').textContent = state.view?.title ?? 'A sweep';
  if (absent !== null) return `Waiting: ${absent}`;
  for (const [name, count] of Object.entries(counts)) byId(`count-${name}`).textContent = String(count);
  fillBar(byId('bar'), counts, total);
  byId('facts').replaceChildren(
    ...factsOf(state).flatMap(([name, text]) => [element('dt', name), element('dd', text)]),
  );
  byId('damaged').replaceChildren(
    ...(damaged.length === 0 ? [] : [element('p', damagedText(damaged), 'warning')]),
  );
  showFailures(state);
  showGroups(state);
  return activity(state);
}

function activity({ total, counts, processes, directory }: LiveState): string {
  if (total > 0 && counts.finished + counts.failed === total) return 'Live. Every trial has ended.';
  if (processes === 0) return `Live. No process is at work; goes on with: eigenstudent sweep ${directory}`;
  return `Live. ${processes} ${processes === 1 ? 'process' : 'processes'} at work.`;
}

function fillBar(bar: HTMLElement, counts: StateCounts, total: number): void {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  const text = parts.map(([name, count]) => `${count} ${name}`).join(', ');
  bar.setAttribute('aria-label', `${text} of ${total}`);
  bar.replaceChildren(
    ...parts.map(([name, count]) => {
      const part = element('i', '', name);
      part.style.width = `${(100 * count) / total}%`;
      return part;
    }),
  );
}

function factsOf({ total, progress, pace, secondsLeft, lastFinishedAt, engines }: LiveState) {
  const facts: [string, string][] = [
    ['Done', `${Math.floor(100 * progress)} % of the steps of ${total} trials`],
  ];
  if (pace) {
    const speed = `${short(pace.trialsPerHour)} trials/h, ${short(pace.stepsPerSecond)} steps/s`;
    facts.push(['Pace', `${speed} in the last ${duration(pace.seconds)}`]);
  }
  if (secondsLeft !== null) facts.push(['Time left', `about ${duration(secondsLeft)} at this pace`]);
  if (lastFinishedAt) facts.push(['Last ended', new Date(lastFinishedAt).toLocaleString()]);
  if (engines.length > 0) facts.push([engines.length > 1 ? 'Engines' : 'Engine', engines.join(', ')]);
  return facts;
}

/** A forecast, rounded to its accuracy. */
function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return `${Math.max(1, Math.round(seconds))} s`;
  return minutes < 120 ? `${minutes} min` : `${short(minutes / 60, 2)} h`;
}

function damagedText(keys: readonly string[]): string {
  const subject =
    keys.length === 1
      ? '1 trial has a record that cannot be read, or lacks'
      : `${keys.length} trials have a record that cannot be read, or lack`;
  return `${subject} the arrays beside it; the next sweep trains again: ${keys.slice(0, 20).join(', ')}`;
}

/** Identifies a trial. */
interface TrialPlace {
  readonly place: Place;
  readonly trial: number;
  readonly settings: string;
}

/** "spectral, h = 20, trial 3" */
export function trialName({ place, settings, trial }: TrialPlace, state: LiveState): string {
  const shown = shownColumns(state).toSorted((a, b) => Number(!!a.symbol) - Number(!!b.symbol));
  return [
    ...shown.map(({ name, symbol }) => (symbol ? `${symbol} = ${place[name]}` : `${place[name]}`)),
    ...(settings ? [settings] : []),
    `trial ${trial}`,
  ].join(', ');
}

/** Columns of the table, without those that have one value in all rows and may then be omitted. */
export function shownColumns({ placeColumns, groups }: LiveState): PlaceColumn[] {
  return placeColumns.filter(
    ({ name, onlyIfSeveral }) => !onlyIfSeveral || new Set(groups.map(({ place }) => place[name])).size > 1,
  );
}

function showFailures(state: LiveState): void {
  const { failures, counts } = state;
  const some = failures.length < counts.failed;
  byId('failures-note').textContent = some ? `The latest ${failures.length} of ${counts.failed}.` : '';
  byId('failure-list').replaceChildren(
    ...failures.map((failure) => {
      const item = element('li');
      const name = element('b', trialName(failure, state));
      item.append(name, `: ${failure.message} `, element('code', failure.key));
      return item;
    }),
  );
}

let shownGroups = '';

/** Rebuilds the table only when it has changed: a reader may have scrolled or selected text. */
function showGroups(state: LiveState): void {
  const { groups, groupCount, columns, view } = state;
  const text = JSON.stringify([groups, columns]);
  if (text === shownGroups || !view) return;
  shownGroups = text;
  const some = groups.length < groupCount;
  byId('groups-note').textContent = some ? `The first ${groups.length} of ${groupCount}.` : '';
  const cells = groups.map((group) => groupCells(group, state));
  const headings = [
    ...shownColumns(state).map(({ heading }) => heading),
    ...columns,
    'trials',
    'ended',
    ...view.values.map(({ heading }) => heading),
  ];
  const isNumeric = headings.map((_, i) =>
    cells.every((row) => typeof row[i] !== 'object' && (row[i] === '–' || /^[\d.]/.test(String(row[i])))),
  );
  byId('group-names').replaceChildren(
    ...headings.map((name, i) => {
      const cell = element('th', '', isNumeric[i] ? 'number' : '');
      cell.append(...withSubscripts(name));
      return Object.assign(cell, { scope: 'col' });
    }),
  );
  byId('group-rows').replaceChildren(...cells.map((row) => groupRow(row, isNumeric)));
}

type LiveCell = string | number | HTMLElement;

/** In the order of the headings. */
function groupCells(group: LiveGroup, state: LiveState): LiveCell[] {
  const { place, settings, counts, values } = group;
  const total = Object.values(counts).reduce((sum, count) => sum + count);
  const bar = element('div', '', 'bar');
  bar.setAttribute('role', 'img');
  fillBar(bar, counts, total);
  return [
    ...shownColumns(state).map((column) => placeText(column, place[column.name])),
    ...settings.map((value) => value ?? '–'),
    bar,
    `${counts.finished + counts.failed} of ${total}`,
    ...(state.view?.values ?? []).map(({ name, withSpread }) => {
      const found = values[name];
      if (!found) return '–';
      return withSpread ? spreadText(found) : short(found.mean);
    }),
  ];
}

function groupRow(cells: readonly LiveCell[], isNumeric: readonly boolean[]): HTMLTableRowElement {
  const row = element('tr');
  row.append(
    ...cells.map((content, i) => {
      const cell = element('td', '', isNumeric[i] ? 'number' : '');
      cell.append(typeof content === 'number' ? String(content) : content);
      return cell;
    }),
  );
  return row;
}

/** "22.3 ± 1.5" */
export function spreadText({ mean, sd }: LiveStatistic): string {
  return sd === null ? short(mean) : `${short(mean)} ± ${short(sd, 2)}`;
}
