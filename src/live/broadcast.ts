/** Reads a run directory repeatedly while pages are connected, and sends them the changes. */
import { reasonOf } from '../errors.js';
import type { Place } from '../protocol/experiment-form.js';
import { placeOf } from '../protocol/place.js';
import type { Curve } from './curve.js';
import type { EventStream } from './event-stream.js';
import { type LiveState, liveState } from './live-state.js';
import { PaceKeeper } from './pace.js';
import { type Changes, RunFollower, type RunOnDisk } from './run-follower.js';

/** The event "curves". */
export interface CurvesEvent {
  /** Curves that were sent before are invalid. */
  readonly restarted: boolean;
  /** Curves that are new or have changed; null where a trial has lost its curve. */
  readonly curves: readonly DrawnCurve[];
}

export interface DrawnCurve {
  readonly key: string;
  readonly place: Place;
  readonly trial: number;
  /** "learningRate 0.001": the other fields that the protocol varies. */
  readonly settings: string;
  readonly curve: Curve | null;
}

/**
 * Milliseconds between two reads, and the ratio of the pause to the read before it: it limits the load on a slow disk.
 */
const shortestPause = 1000;
const pausePerRead = 10;
/** Milliseconds without an event. */
const longestSilence = 15_000;

export class Broadcast {
  readonly #follower: RunFollower;
  readonly #pace = new PaceKeeper();
  readonly #pages = new Set<EventStream>();
  #timer: NodeJS.Timeout | undefined;
  #reading = false;
  #lastState = '';
  #lastEventTime = 0;

  constructor(
    readonly directory: string,
    private readonly pause = shortestPause,
  ) {
    this.#follower = new RunFollower(directory);
  }

  /** Sends the page the whole state, and then the changes. */
  join(page: EventStream): void {
    this.#pages.add(page);
    clearTimeout(this.#timer);
    void this.#turn();
  }

  leave(page: EventStream): void {
    this.#pages.delete(page);
    if (this.#pages.size === 0) clearTimeout(this.#timer);
  }

  end(): void {
    clearTimeout(this.#timer);
    for (const page of this.#pages) page.end();
    this.#pages.clear();
  }

  async #turn(): Promise<void> {
    if (this.#reading) return; // A page that joined meanwhile is behind, and the next turn follows soon.
    this.#reading = true;
    const started = performance.now();
    try {
      const changes = await this.#follower.read();
      this.#send(changes, this.#stateOf(changes.run));
    } catch (error) {
      this.#sendError({ error: reasonOf(error) });
    } finally {
      this.#reading = false;
    }
    if (this.#pages.size === 0) return;
    const isNewPage = [...this.#pages].some((page) => page.behind && page.ready);
    const pause = isNewPage ? 0 : Math.max(this.pause, pausePerRead * (performance.now() - started));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#turn(), pause);
  }

  #stateOf(run: RunOnDisk): LiveState {
    const time = performance.now() / 1000;
    return liveState(this.directory, run, (steps, ended) => this.#pace.observe({ time, steps, ended }));
  }

  #send({ run, restarted, changedCurves }: Changes, state: LiveState): void {
    const text = JSON.stringify(state);
    const hasNewState = text !== this.#lastState;
    this.#lastState = text;
    const hasCurveChanges = restarted || changedCurves.length > 0;
    const changes: CurvesEvent = { restarted, curves: drawnCurves(run, new Set(changedCurves)) };
    let all: CurvesEvent | undefined;
    for (const page of this.#pages) {
      if (!page.ready) page.behind = true;
      else if (page.behind) {
        all ??= { restarted: true, curves: drawnCurves(run, new Set(run.drawn.keys())) };
        page.send('state', state);
        page.send('curves', all);
        page.behind = false;
      } else {
        if (hasNewState) page.send('state', state);
        if (hasCurveChanges) page.send('curves', changes);
      }
    }
    if (hasNewState || hasCurveChanges) this.#lastEventTime = performance.now();
    else this.#keepAlive();
  }

  #keepAlive(): void {
    if (performance.now() - this.#lastEventTime < longestSilence) return;
    this.#lastEventTime = performance.now();
    for (const page of this.#pages) if (page.ready) page.keepAlive();
  }

  /** Reading itself has failed; the next read may succeed. */
  #sendError(error: { readonly error: string }): void {
    this.#lastState = '';
    for (const page of this.#pages) if (page.ready) page.send('trouble', error);
  }
}

function drawnCurves({ trials, onDisk, drawn }: RunOnDisk, keys: ReadonlySet<string>): DrawnCurve[] {
  return trials.flatMap(({ key, protocol }) => {
    const settings = drawn.get(key);
    if (!keys.has(key) || settings === undefined) return [];
    const curve = onDisk.get(key)?.curve ?? null;
    return [{ key, place: placeOf(protocol), trial: protocol.trial, settings, curve }];
  });
}
