/**
 * Script of the live page: hears the server's events, keeps what they told, and shows it. When the server is gone it asks again
 * until there is one.
 */
import type { CurvesEvent } from '../live/broadcast.js';
import type { LiveState } from '../live/live-state.js';
import { byId, oneAtATime } from './elements.js';
import { drawCharts, type LiveTrial } from './live-charts.js';
import { showState } from './live-words.js';
import { followTheme } from './page-theme.js';

const trials = new Map<string, LiveTrial>();
let state: LiveState | undefined;

const redraw = oneAtATime(async () => {
  // Not while nobody looks.
  await new Promise(requestAnimationFrame);
  const started = performance.now();
  if (state) await drawCharts(state, [...trials.values()]);
  // The reader has the page for most of the time, however much there is to draw.
  await new Promise((resume) => setTimeout(resume, 2 * (performance.now() - started)));
});

function say(mode: 'live' | 'lost', text: string): void {
  const place = byId('connection');
  place.className = `note ${mode}`;
  // A screen reader reads out whatever is written here.
  if (place.textContent !== text) place.textContent = text;
}

function keep({ restarted, curves }: CurvesEvent): void {
  if (restarted) trials.clear();
  for (const { curve, ...trial } of curves) {
    if (curve) trials.set(trial.key, { ...trial, curve });
    else trials.delete(trial.key);
  }
}

function connect(): void {
  const events = new EventSource('/events');
  const on = <Told>(name: string, hear: (told: Told) => void) =>
    events.addEventListener(name, ({ data }) => hear(JSON.parse(data)));
  on<LiveState>('state', (told) => {
    state = told;
    say('live', showState(told));
    redraw();
  });
  on<CurvesEvent>('curves', (told) => {
    keep(told);
    redraw();
  });
  on<{ error: string }>('trouble', ({ error }) => say('lost', `Cannot look at the directory: ${error}`));
  events.addEventListener('error', () => {
    say(
      'lost',
      'No connection: what you see is old. Start it again with: eigenstudent watch. This page will notice.',
    );
    // A browser asks again by itself unless it was answered with something else.
    if (events.readyState !== EventSource.CLOSED) return;
    events.close();
    setTimeout(connect, 1000);
  });
}

followTheme(redraw);
byId('charts').addEventListener('change', redraw);
connect();
