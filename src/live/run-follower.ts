/** Follows a run directory by looking at it: names and times of folders, then only what has changed. */
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

/** What a trial's folder holds. */
export interface TrialOnDisk {
  readonly record: RecordSummary | 'damaged' | undefined;
  /** Done when its checkpoint was written; of a trial without a record. */
  readonly steps: number | undefined;
  /** Of a trial that is drawn or has no record yet. */
  readonly curve: Curve | undefined;
}

/** How an experiment is shown. */
export interface Shown {
  readonly view: LiveView;
  readonly placeColumns: readonly PlaceColumn[];
}

/** Everything that is known of a run directory. */
export interface RunOnDisk {
  /** Why there is nothing to follow yet; the rest is then empty. */
  readonly absent: string | null;
  /** Of the experiment of its protocol. */
  readonly shown: Shown | null;
  /** In the order of the protocol. */
  readonly trials: readonly Trial[];
  /** By key; trials without a folder are left out. */
  readonly onDisk: ReadonlyMap<string, TrialOnDisk>;
  readonly atWork: AtWork;
  /** Keys of the trials whose curves are drawn, each with what else the protocol varies. */
  readonly drawn: ReadonlyMap<string, string>;
  readonly varied: VariedFields;
}

/** What has happened since the look before. */
export interface Look {
  readonly run: RunOnDisk;
  /** Whether the trials are others than before: what was told of curves holds no more. */
  readonly restarted: boolean;
  /** Keys of drawn trials whose curve has changed. */
  readonly changedCurves: readonly string[];
}

interface Known extends TrialOnDisk {
  /** When the folder changed last, in milliseconds. */
  readonly changed: number;
  /** Read again without a change: what was written within one tick of the clock has been seen. */
  readonly settled: boolean;
}

/** Trials between two turns of the event loop; arbitrary. */
const trialsAtOnce = 250;

export class RunFollower {
  #protocolChanged = Number.NaN;
  #absent: string | null = 'not looked at yet';
  #shown: Shown | null = null;
  #trials: readonly Trial[] = [];
  #drawn: ReadonlyMap<string, string> = new Map();
  #varied: VariedFields = nothingVaried;
  readonly #known = new Map<string, Known>();
  readonly #held: HeldTrials;

  constructor(readonly directory: string) {
    this.#held = new HeldTrials(directory);
  }

  /** Looks once; never throws for what lies, or does not lie, in the directory. */
  async look(): Promise<Look> {
    const restarted = await this.#lookAtProtocol();
    const changedCurves = await this.#lookAtTrials();
    const atWork = await this.#held.look();
    const run = {
      absent: this.#absent,
      shown: this.#shown,
      trials: this.#trials,
      onDisk: this.#known,
      atWork,
      drawn: this.#drawn,
      varied: this.#varied,
    };
    return { run, restarted, changedCurves };
  }

  /** Whether it is another protocol than before, or the first. */
  async #lookAtProtocol(): Promise<boolean> {
    const found = statSync(join(this.directory, protocolFile), { throwIfNoEntry: false });
    const changed = found?.mtimeMs ?? 0;
    if (!found) this.#absent = whyAbsent(this.directory);
    if (changed === this.#protocolChanged) return false;
    this.#protocolChanged = changed;
    this.#known.clear();
    this.#shown = null;
    this.#trials = [];
    this.#drawn = new Map();
    this.#varied = nothingVaried;
    try {
      if (found) await this.#takeUp();
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      this.#absent = error.message;
    }
    return true;
  }

  async #takeUp(): Promise<void> {
    const protocol = await readProtocol(this.directory);
    const { name, live = withoutCharts(name), placeColumns } = experimentOf(protocol);
    this.#shown = { view: live, placeColumns };
    this.#trials = expand(protocol);
    this.#varied = variedFields(protocol, this.#trials);
    const drawn = drawnTrials(this.#trials);
    this.#drawn = settingLabels(
      protocol,
      this.#trials.filter(({ key }) => drawn.has(key)),
    );
    this.#absent = null;
  }

  async #lookAtTrials(): Promise<string[]> {
    const present = new Set(this.#trials.length > 0 ? await namesIn(join(this.directory, 'trials')) : []);
    const changedCurves: string[] = [];
    let read = 0;
    for (const [i, { key }] of this.#trials.entries()) {
      if (i % (trialsAtOnce * 4) === 0) await new Promise(setImmediate);
      const found = present.has(key) && statSync(trialFolder(this.directory, key), { throwIfNoEntry: false });
      const known = this.#known.get(key);
      if (!found) {
        if (this.#known.delete(key) && known?.curve && this.#drawn.has(key)) changedCurves.push(key);
        continue;
      }
      if (known?.settled && known.changed === found.mtimeMs) continue;
      if (++read % trialsAtOnce === 0) await new Promise(setImmediate);
      const now = this.#readTrial(key);
      this.#known.set(key, { ...now, changed: found.mtimeMs, settled: known?.changed === found.mtimeMs });
      if (this.#drawn.has(key) && !isSame(known?.curve, now.curve)) changedCurves.push(key);
    }
    return changedCurves;
  }

  #readTrial(key: string): TrialOnDisk {
    const record = summarizeRecord(this.directory, key);
    const ended = record !== undefined && record !== 'damaged';
    const steps = ended ? undefined : checkpointSteps(this.directory, key);
    if (ended && !this.#drawn.has(key)) return { record, steps, curve: undefined };
    const path = join(trialFolder(this.directory, key), ended ? arraysFile : checkpointFile);
    return { record, steps, curve: this.#shown ? curveIn(path, this.#shown.view) : undefined };
  }
}

/** The page of an experiment that has no charts of its own. */
function withoutCharts(title: string): LiveView {
  return { title, arms: [], history: { epoch: 'history.epoch' }, curves: [], values: [] };
}

/** Nothing where there is no such file, or none that can be read: a sweep may be about to replace it. */
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
