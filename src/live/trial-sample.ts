import type { ProtocolDocument, Trial } from '../protocol/experiment-form.js';
import { placeOf } from '../protocol/place.js';
import { settingColumns, settingsLabel, settingsOf } from '../protocol/settings.js';

/**
 * Maximum number of curves of a page: a browser redraws them in some tenths of a second, and more cannot be
 * distinguished.
 */
const mostCurves = 200;

/**
 * Trials of one place, in the order of the protocol.
 * @param detail further distinguishes them
 */
export function groupsOf(trials: readonly Trial[], detail: (trial: Trial) => string = () => ''): Trial[][] {
  const groups = new Map<string, Trial[]>();
  for (const trial of trials) {
    const name = `${JSON.stringify(placeOf(trial.protocol))} ${detail(trial)}`;
    const group = groups.get(name);
    if (group) group.push(trial);
    else groups.set(name, [trial]);
  }
  return [...groups.values()];
}

/** Keys of the trials whose curves are drawn: all trials, or the first one of every group, then the second, ... */
export function drawnTrials(trials: readonly Trial[], most = mostCurves): Set<string> {
  if (trials.length <= most) return new Set(trials.map(({ key }) => key));
  const groups = groupsOf(trials);
  const chosen = Math.min(groups.length, most);
  // With more groups than curves, some groups evenly from the first to the last.
  const drawn = Array.from({ length: chosen }, (_, i) => groups[Math.floor((i * groups.length) / chosen)]);
  const keys = new Set<string>();
  for (let turn = 0; keys.size < most; ++turn) {
    const before = keys.size;
    for (const group of drawn) {
      const trial = group?.[turn];
      if (trial && keys.size < most) keys.add(trial.key);
    }
    if (keys.size === before) break;
  }
  return keys;
}

/** The other fields that a protocol varies, as columns of a table. */
export interface VariedFields {
  /** Their names, as short as they are unambiguous. */
  readonly columns: readonly string[];
  /** A cell per column; null where its arm lacks the field. */
  cells(trial: Trial): readonly (number | string | null)[];
}

export const nothingVaried: VariedFields = { columns: [], cells: () => [] };

export function variedFields(protocol: ProtocolDocument, trials: readonly Trial[]): VariedFields {
  const of = settingsOf(protocol);
  const settings = new Map(trials.map((trial) => [trial.key, of(trial.protocol)]));
  const columns = settingColumns([...settings.values()]);
  // Cached, as it is requested for every trial at every read of the directory.
  const cells = new Map([...settings].map(([key, own]) => [key, columns.map((column) => column.cell(own))]));
  return { columns: columns.map(({ name }) => name), cells: ({ key }) => cells.get(key) ?? [] };
}

/**
 * "learningRate 0.001" by key: the fields that the protocol varies besides those of a group; empty where there are
 * none.
 */
export function settingLabels(protocol: ProtocolDocument, trials: readonly Trial[]): Map<string, string> {
  const of = settingsOf(protocol);
  const settings = trials.map((trial) => of(trial.protocol));
  const columns = settingColumns(settings);
  return new Map(trials.map(({ key }, i) => [key, settingsLabel(settings[i] ?? {}, columns)]));
}
