/**
 * Script of the live page: receives the server's events, keeps their content, and shows it. It reconnects when the
 * server is gone.
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
  // Not while the page is hidden.
  await new Promise(requestAnimationFrame);
  const started = performance.now();
  if (state) await drawCharts(state, [...trials.values()]);
  // Drawing takes a bounded share of the time, so that the page stays responsive.
  await new Promise((resume) => setTimeout(resume, 2 * (performance.now() - started)));
});

function showConnection(mode: 'live' | 'lost', text: string): void {
  const place = byId('connection');
  place.className = `note ${mode}`;
  // A screen reader reads everything that is written here.
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
  const on = <Message>(name: string, listen: (message: Message) => void) =>
    events.addEventListener(name, ({ data }) => listen(JSON.parse(data)));
  on<LiveState>('state', (message) => {
    state = message;
    showConnection('live', showState(message));
    redraw();
  });
  on<CurvesEvent>('curves', (message) => {
    keep(message);
    redraw();
  });
  on<{ error: string }>('trouble', ({ error }) =>
    showConnection('lost', `Cannot look at the directory: ${error}`),
  );
  events.addEventListener('error', () => {
    showConnection(
      'lost',
      'No connection: what you see is old. Start it again with: eigenstudent watch. This page will notice.',
    );
    // A browser reconnects by itself unless the response was an error.
    if (events.readyState !== EventSource.CLOSED) return;
    events.close();
    setTimeout(connect, 1000);
  });
}

followTheme(redraw);
byId('charts').addEventListener('change', redraw);
connect();
