/** Looks at a run directory while pages listen, and tells them what has changed. */
import { reasonOf } from '../errors.js';
import type { Place } from '../protocol/experiment-form.js';
import { placeOf } from '../protocol/place.js';
import type { Curve } from './curve.js';
import type { EventStream } from './event-stream.js';
import { type LiveState, liveState } from './live-state.js';
import { PaceKeeper } from './pace.js';
import { type Look, RunFollower, type RunOnDisk } from './run-follower.js';

/** The event "curves". */
export interface CurvesEvent {
  /** Curves told of before are no more. */
  readonly restarted: boolean;
  /** Those that are new or have changed; null where a trial has lost its own. */
  readonly curves: readonly DrawnCurve[];
}

export interface DrawnCurve {
  readonly key: string;
  readonly place: Place;
  readonly trial: number;
  /** "learningRate 0.001": what else the protocol varies. */
  readonly settings: string;
  readonly curve: Curve | null;
}

/** Milliseconds between two looks, and how much longer than a look the pause after it is: a slow disk is left alone. */
const shortestPause = 1000;
const pausePerLook = 10;
/** Milliseconds without a word. */
const longestSilence = 15_000;

export class Broadcast {
  readonly #follower: RunFollower;
  readonly #pace = new PaceKeeper();
  readonly #pages = new Set<EventStream>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #said = '';
  #lastWord = 0;

  constructor(
    readonly directory: string,
    private readonly pause = shortestPause,
  ) {
    this.#follower = new RunFollower(directory);
  }

  /** The page hears everything at once, and then what changes. */
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
    if (this.#looking) return; // whoever joined meanwhile is behind, and the next turn is soon
    this.#looking = true;
    const started = performance.now();
    try {
      const look = await this.#follower.look();
      this.#tell(look, this.#stateOf(look.run));
    } catch (error) {
      this.#say({ error: reasonOf(error) });
    } finally {
      this.#looking = false;
    }
    if (this.#pages.size === 0) return;
    const newcomer = [...this.#pages].some((page) => page.behind && page.ready);
    const pause = newcomer ? 0 : Math.max(this.pause, pausePerLook * (performance.now() - started));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#turn(), pause);
  }

  #stateOf(run: RunOnDisk): LiveState {
    const time = performance.now() / 1000;
    return liveState(this.directory, run, (steps, ended) => this.#pace.note({ time, steps, ended }));
  }

  #tell({ run, restarted, changedCurves }: Look, state: LiveState): void {
    const text = JSON.stringify(state);
    const newState = text !== this.#said;
    this.#said = text;
    const news = restarted || changedCurves.length > 0;
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
        if (newState) page.send('state', state);
        if (news) page.send('curves', changes);
      }
    }
    if (newState || news) this.#lastWord = performance.now();
    else this.#breathe();
  }

  #breathe(): void {
    if (performance.now() - this.#lastWord < longestSilence) return;
    this.#lastWord = performance.now();
    for (const page of this.#pages) if (page.ready) page.breathe();
  }

  /** Something is wrong with looking itself; the next look may do better. */
  #say(trouble: { readonly error: string }): void {
    this.#said = '';
    for (const page of this.#pages) if (page.ready) page.send('trouble', trouble);
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
