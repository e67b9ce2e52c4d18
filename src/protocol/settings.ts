/** The other varied fields, which distinguish groups of trials besides their place (see ExperimentForm.place). */
import { brief } from '../figures/numbers-in-text.js';
import { type Axis, armOf, axesOf, valueAt } from './axes.js';
import { canonicalJson } from './canonical-json.js';
import { formOf, type ProtocolDocument } from './experiment-form.js';
import { armNameOf, type TrialProtocol } from './trials.js';

/** The value of each varied field, by its path in the protocol, as in "arms.spectral.batchSize". */
export type Settings = Readonly<Record<string, unknown>>;

/** The settings of a trial of a protocol; those of an arm lack the fields that vary in another. */
export function settingsOf(protocol: ProtocolDocument): (trial: TrialProtocol) => Settings {
  const beside = ['trials', 'seed', ...formOf(protocol).placeAxes];
  const axes = axesOf(protocol).filter(({ name, values }) => values.length > 1 && !beside.includes(name));
  return (trial) => {
    const own = armNameOf(trial);
    return Object.fromEntries(
      axes.filter((axis) => (armOf(axis) ?? own) === own).map((axis) => [axis.name, valueIn(trial, axis)]),
    );
  };
}

/** The value of an axis in a trial. */
export function valueIn(trial: TrialProtocol, axis: Axis): unknown {
  return armOf(axis) === undefined ? valueAt(trial, axis.path) : valueAt(trial.arm, axis.path.slice(2));
}

/** Equal for trials that differ in nothing but their index and seed. */
export function replicateKey(trial: TrialProtocol): string {
  return canonicalJson({ ...trial, trial: 0, seed: 0 });
}

export interface SettingColumn {
  /** The shortest unambiguous name: "learningRate". */
  readonly name: string;
  /** null where the settings lack it. */
  cell(settings: Settings): number | string | null;
  /** The same, with only as many digits or fields as distinguish it from the others. */
  brief(settings: Settings): number | string | null;
}

/**
 * A column per field; fields that vary in both arms share one, as a row belongs to one arm. Of objects with the same
 * fields only the differing ones.
 */
export function settingColumns(all: readonly Settings[]): SettingColumn[] {
  const rows = new Map(all.map((settings) => [settings, withoutArms(settings)]));
  const names = [...new Set([...rows.values()].flatMap((row) => Object.keys(row)))];
  const fields = names.flatMap((name) => differing([...rows.values()], [name]));
  const paths = fields.map((path) => path.join('.'));
  return fields.map((path, i) => {
    const texts = new Set([...rows.values()].map((row) => settingText(valueAt(row, path))));
    const cell = (settings: Settings) =>
      settingText(valueAt(rows.get(settings) ?? withoutArms(settings), path));
    return {
      name: shortest(paths[i] as string, paths),
      cell,
      brief: (settings) => abbreviated(cell(settings), [...texts]),
    };
  });
}

/** Keyed by the path within the arm. */
function withoutArms(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([path, value]) => [path.replace(/^arms\.\w+\./, ''), value]),
  );
}

/** Paths to what differs among the values at a path: the path itself unless all are objects with the same fields. */
function differing(rows: readonly Settings[], path: string[]): string[][] {
  const values = rows.map((row) => valueAt(row, path)).filter((value) => value !== undefined);
  const shapes = new Set(values.map((value) => (isObject(value) ? Object.keys(value).sort().join(' ') : '')));
  const [first] = values;
  if (shapes.size !== 1 || !isObject(first)) return [path];
  const varied = Object.keys(first).filter(
    (name) => new Set(rows.map((row) => canonicalJson(valueAt(row, [...path, name]) ?? null))).size > 1,
  );
  return varied.length === 0 ? [path] : varied.flatMap((name) => differing(rows, [...path, name]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** "learningRate 0.001, batchSize 100"; empty where there are none. */
export function settingsLabel(settings: Settings, columns: readonly SettingColumn[]): string {
  return columns
    .flatMap((column) => {
      const text = column.brief(settings);
      return text === null ? [] : [`${column.name} ${text}`];
    })
    .join(', ');
}

/** The shortest unambiguous end of a path; longer than the name of a tensor, which does not say what is varied. */
function shortest(field: string, fields: readonly string[]): string {
  const parts = field.split('.');
  const least = /^eigenv(ectors|alues(In|Out))$/.test(parts.at(-1) as string) ? 2 : 1;
  for (let length = least; length < parts.length; ++length) {
    const end = parts.slice(-length).join('.');
    if (fields.every((other) => other === field || !`.${other}`.endsWith(`.${end}`))) return end;
  }
  return field;
}

function settingText(value: unknown): number | string | null {
  if (value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(settingText).join(' ');
  // Without quotes, which do not help in a table.
  return JSON.stringify(value)
    .replaceAll('"', '')
    .replaceAll(/([,:])/g, '$1 ');
}

/** Characters of a legend; arbitrary. */
const longest = 28;

/** With its index among the others where it is cut. */
function abbreviated(
  text: number | string | null,
  all: readonly (number | string | null)[],
): number | string | null {
  if (typeof text === 'number') return brief(text, all);
  if (typeof text !== 'string' || text.length <= longest) return text;
  return `${text.slice(0, longest - 8)}… (${all.indexOf(text) + 1})`;
}
