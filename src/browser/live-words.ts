/** What the live page says in words, bars and tables. */
import { short } from '../figures/numbers-in-text.js';
import type { LiveGroup, LiveState, StateCounts } from '../live/live-state.js';
import { byId, element } from './elements.js';

/** Fills the page. Returns how the sweep is, in a sentence. */
export function tellState(state: LiveState): string {
  const { absent, counts, total, damaged } = state;
  for (const id of ['tally', 'groups']) byId(id).hidden = absent !== null;
  byId('failures').hidden = counts.failed === 0;
  if (absent !== null) return `Waiting: ${absent}`;
  for (const [name, count] of Object.entries(counts)) byId(`count-${name}`).textContent = String(count);
  fillBar(byId('bar'), counts, total);
  byId('facts').replaceChildren(
    ...factsOf(state).flatMap(([name, text]) => [element('dt', name), element('dd', text)]),
  );
  byId('damaged').replaceChildren(
    ...(damaged.length === 0 ? [] : [element('p', damagedText(damaged), 'warning')]),
  );
  tellFailures(state);
  tellGroups(state);
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
    const speed = `${short(pace.trialsPerHour)} trials/h, ${short(pace.stepsPerSecond)} student steps/s`;
    facts.push(['Pace', `${speed} in the last ${duration(pace.seconds)}`]);
  }
  if (secondsLeft !== null) facts.push(['Time left', `about ${duration(secondsLeft)} at this pace`]);
  if (lastFinishedAt) facts.push(['Last ended', new Date(lastFinishedAt).toLocaleString()]);
  if (engines.length > 0) facts.push([engines.length > 1 ? 'Engines' : 'Engine', engines.join(', ')]);
  return facts;
}

/** Of a forecast: no more digits than it is worth. */
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

/** What tells one trial from another. */
interface TrialPlace {
  readonly parametrization: string;
  readonly teacherSize: number;
  readonly width: number;
  readonly trial: number;
  readonly settings: string;
}

export function trialName(trial: TrialPlace, { groups }: LiveState): string {
  const { parametrization, teacherSize, width, settings } = trial;
  const severalTeachers = groups.some((group) => group.teacherSize !== teacherSize);
  return [
    parametrization,
    ...(severalTeachers ? [`h_T = ${teacherSize}`] : []),
    `h = ${width}`,
    ...(settings ? [settings] : []),
    `trial ${trial.trial}`,
  ].join(', ');
}

function tellFailures(state: LiveState): void {
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

let toldGroups = '';

/** The table, made anew only where it has changed: a reader may have scrolled or marked it. */
function tellGroups({ groups, groupCount, columns }: LiveState): void {
  const text = JSON.stringify([groups, columns]);
  if (text === toldGroups) return;
  toldGroups = text;
  const some = groups.length < groupCount;
  byId('groups-note').textContent = some ? `The first ${groups.length} of ${groupCount}.` : '';
  const numeric = columns.map((_, i) => groups.every(({ settings }) => typeof settings[i] !== 'string'));
  for (const old of document.querySelectorAll('#group-names .varied')) old.remove();
  byId('group-trials').before(
    ...columns.map((name, i) => {
      const cell = element('th', name, numeric[i] ? 'varied number' : 'varied');
      cell.scope = 'col';
      return cell;
    }),
  );
  byId('group-rows').replaceChildren(...groups.map((group) => groupRow(group, numeric)));
}

function groupRow(group: LiveGroup, numeric: readonly boolean[]): HTMLTableRowElement {
  const { parametrization, teacherSize, width, settings, counts, effectiveSize, trainLoss } = group;
  const total = Object.values(counts).reduce((sum, count) => sum + count);
  const bar = element('div', '', 'bar');
  bar.setAttribute('role', 'img');
  fillBar(bar, counts, total);
  const barCell = element('td');
  barCell.append(bar);
  const row = element('tr');
  row.append(
    element('td', parametrization),
    element('td', teacherSize, 'number'),
    element('td', width, 'number'),
    ...settings.map((value, i) => element('td', value ?? '–', numeric[i] ? 'number' : '')),
    barCell,
    element('td', `${counts.finished + counts.failed} of ${total}`, 'number'),
    element('td', effectiveSize ? sizeText(effectiveSize) : '–', 'number'),
    element('td', trainLoss === null ? '–' : short(trainLoss), 'number'),
  );
  return row;
}

export function sizeText({ mean, sd }: NonNullable<LiveGroup['effectiveSize']>): string {
  return sd === null ? short(mean) : `${short(mean)} ± ${short(sd, 2)}`;
}
