/** Follows a run directory by names and times of its folders, reading only what has changed. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EigenstudentError } from '../errors.js';
import type { PlaceColumn, Trial } from '../protocol/experiment-form.js';
import { expand } from '../protocol/trials.js';
import { checkpointSteps } from '../runs/checkpoint-header.js';
import { namesIn } from '../runs/names-in.js';
import { type RecordSummary, summarizeRecord } from '../runs/query/record-summary.js';
import { trialFolder } from '../runs/record.js';
import { protocolFile, readProtocol } from '../runs/run-directory.js';
import { arraysFile } from '../runs/trial-arrays.js';
import { checkpointFile } from '../runs/trial-checkpoint.js';
import { experimentOf } from '../sweep/experiment.js';
import type { LiveView } from '../sweep/live-view.js';
import { type Curve, readCurve } from './curve.js';
import { type AtWork, HeldTrials } from './held-trials.js';
import {
  drawnTrials,
  nothingVaried,
  settingLabels,
  type VariedFields,
  variedFields,
} from './trial-sample.js';

/** The content of a trial's folder. */
export interface TrialOnDisk {
  readonly record: RecordSummary | 'damaged' | undefined;
  /** Completed steps by its checkpoint; of a trial without a record. */
  readonly steps: number | undefined;
  /** Of a trial that is drawn or has no record yet. */
  readonly curve: Curve | undefined;
}

/** The presentation of an experiment. */
export interface Presentation {
  readonly view: LiveView;
  readonly placeColumns: readonly PlaceColumn[];
}

/** The state of a run directory. */
export interface RunOnDisk {
  /** Why no run can be followed yet; the rest is then empty. */
  readonly absent: string | null;
  /** By the experiment of its protocol. */
  readonly shown: Presentation | null;
  /** In the order of the protocol. */
  readonly trials: readonly Trial[];
  /** By key; trials without a folder are left out. */
  readonly onDisk: ReadonlyMap<string, TrialOnDisk>;
  readonly atWork: AtWork;
  /** Keys of the trials whose curves are drawn, each with the values of the other fields that the protocol varies. */
  readonly drawn: ReadonlyMap<string, string>;
  readonly varied: VariedFields;
}

/** The changes since the previous read. */
export interface Changes {
  readonly run: RunOnDisk;
  /** Whether the trials have changed: curves that were sent before are invalid. */
  readonly restarted: boolean;
  /** Keys of drawn trials whose curve has changed. */
  readonly changedCurves: readonly string[];
}

interface CachedTrial extends TrialOnDisk {
  /** Modification time of the folder, in milliseconds. */
  readonly changed: number;
  /** Read once more without a change: writes within one tick of the clock have been seen. */
  readonly settled: boolean;
}

/** Trials between two turns of the event loop; arbitrary. */
const trialsAtOnce = 250;

export class RunFollower {
  #protocolChanged = Number.NaN;
  #absent: string | null = 'not read yet';
  #presentation: Presentation | null = null;
  #trials: readonly Trial[] = [];
  #drawn: ReadonlyMap<string, string> = new Map();
  #varied: VariedFields = nothingVaried;
  readonly #cached = new Map<string, CachedTrial>();
  readonly #held: HeldTrials;

  constructor(readonly directory: string) {
    this.#held = new HeldTrials(directory);
  }

  /** Reads the directory once; never throws for its content or its absence. */
  async read(): Promise<Changes> {
    const restarted = await this.#readProtocol();
    const changedCurves = await this.#readTrials();
    const atWork = await this.#held.read();
    const run = {
      absent: this.#absent,
      shown: this.#presentation,
      trials: this.#trials,
      onDisk: this.#cached,
      atWork,
      drawn: this.#drawn,
      varied: this.#varied,
    };
    return { run, restarted, changedCurves };
  }

  /** Whether the protocol has changed, or is the first. */
  async #readProtocol(): Promise<boolean> {
    const found = statSync(join(this.directory, protocolFile), { throwIfNoEntry: false });
    const changed = found?.mtimeMs ?? 0;
    if (!found) this.#absent = whyAbsent(this.directory);
    if (changed === this.#protocolChanged) return false;
    this.#protocolChanged = changed;
    this.#cached.clear();
    this.#presentation = null;
    this.#trials = [];
    this.#drawn = new Map();
    this.#varied = nothingVaried;
    try {
      if (found) await this.#openRun();
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      this.#absent = error.message;
    }
    return true;
  }

  async #openRun(): Promise<void> {
    const protocol = await readProtocol(this.directory);
    const { name, live = withoutCharts(name), placeColumns } = experimentOf(protocol);
    this.#presentation = { view: live, placeColumns };
    this.#trials = expand(protocol);
    this.#varied = variedFields(protocol, this.#trials);
    const drawn = drawnTrials(this.#trials);
    this.#drawn = settingLabels(
      protocol,
      this.#trials.filter(({ key }) => drawn.has(key)),
    );
    this.#absent = null;
  }

  async #readTrials(): Promise<string[]> {
    const present = new Set(this.#trials.length > 0 ? await namesIn(join(this.directory, 'trials')) : []);
    const changedCurves: string[] = [];
    let read = 0;
    for (const [i, { key }] of this.#trials.entries()) {
      if (i % (trialsAtOnce * 4) === 0) await new Promise(setImmediate);
      const found = present.has(key) && statSync(trialFolder(this.directory, key), { throwIfNoEntry: false });
      const cached = this.#cached.get(key);
      if (!found) {
        if (this.#cached.delete(key) && cached?.curve && this.#drawn.has(key)) changedCurves.push(key);
        continue;
      }
      if (cached?.settled && cached.changed === found.mtimeMs) continue;
      if (++read % trialsAtOnce === 0) await new Promise(setImmediate);
      const now = this.#readTrial(key);
      this.#cached.set(key, { ...now, changed: found.mtimeMs, settled: cached?.changed === found.mtimeMs });
      if (this.#drawn.has(key) && !isSame(cached?.curve, now.curve)) changedCurves.push(key);
    }
    return changedCurves;
  }

  #readTrial(key: string): TrialOnDisk {
    const record = summarizeRecord(this.directory, key);
    const ended = record !== undefined && record !== 'damaged';
    const steps = ended ? undefined : checkpointSteps(this.directory, key);
    if (ended && !this.#drawn.has(key)) return { record, steps, curve: undefined };
    const path = join(trialFolder(this.directory, key), ended ? arraysFile : checkpointFile);
    return { record, steps, curve: this.#presentation ? curveIn(path, this.#presentation.view) : undefined };
  }
}

/** The page of an experiment without charts of its own. */
function withoutCharts(title: string): LiveView {
  return { title, arms: [], history: { epoch: 'history.epoch' }, curves: [], values: [] };
}

/** undefined where there is no readable file: a sweep may be about to replace it. */
function curveIn(path: string, view: LiveView): Curve | undefined {
  try {
    return readCurve(path, view);
  } catch (error) {
    if (error instanceof EigenstudentError) return undefined;
    throw error;
  }
}

/** A history only grows, or starts again. */
function isSame(before: Curve | undefined, now: Curve | undefined): boolean {
  if (before === undefined || now === undefined) return before === now;
  if (before.epoch.length !== now.epoch.length) return false;
  return Object.keys(now).every((name) => before[name]?.at(-1) === now[name]?.at(-1));
}

function whyAbsent(directory: string): string {
  return existsSync(directory)
    ? `${directory} holds no ${protocolFile} yet: a sweep writes it when it begins`
    : `${directory} does not exist yet: a sweep makes it when it begins`;
}
