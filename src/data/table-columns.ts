/** Chooses the columns of a table that are inputs and those that are targets or labels. */
import { didYouMean, invalid, knownKeys } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { invalidData } from './labelled-samples.js';

/** How columns are used. */
export interface ColumnChoice {
  /** The column with the class of a row: its values are names. */
  readonly label?: string;
  /** The column or columns with numbers to learn, instead of a class. */
  readonly target?: string | readonly string[];
  /** The same as `target`, as protocols call it. */
  readonly targets?: string | readonly string[];
  /**
   * The columns with the inputs, in this order. Default: all others, in the order of the file; an error when one of them has
   * no name, or has the name of an index of pandas.
   */
  readonly inputs?: readonly string[];
  /**
   * Columns that are not inputs, instead of `inputs`. A column without a name is "Unnamed: 0" if it is the first, as in
   * pandas.
   */
  readonly exclude?: readonly string[];
  /**
   * The names of the classes, in order; any other is an error. A name here is a class even if it is a word
   * for a missing value, such as NA. Default: those that occur; numbers in their order, then other names in
   * the order of their code points.
   */
  readonly classNames?: readonly string[];
}

export const columnChoiceKeys = ['label', 'target', 'targets', 'inputs', 'exclude', 'classNames'];

/** Columns by their index in the header. */
export interface ChosenColumns {
  /** Names of all columns; those without one get the name that pandas would give them. */
  readonly names: readonly string[];
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
  readonly label: number | undefined;
}

/** Names of columns in a message. Arbitrary. */
const mostNamed = 20;

/** @throws invalid_argument */
export function checkChoice(where: string, choice: ColumnChoice, keys: readonly string[]): void {
  knownKeys(where, choice, keys);
  notBoth(where, choice, 'label', 'target');
  notBoth(where, choice, 'label', 'targets');
  notBoth(where, choice, 'target', 'targets');
  notBoth(where, choice, 'inputs', 'exclude');
  if (choice.label !== undefined && typeof choice.label !== 'string')
    throw invalid(`label of ${where}`, 'a name', choice.label);
  for (const list of ['inputs', 'exclude', 'classNames'] as const)
    if (choice[list] !== undefined && !Array.isArray(choice[list]))
      throw invalid(`${list} of ${where}`, 'a list of names', choice[list]);
  for (const name of [...targetsOf(choice), ...(choice.inputs ?? []), ...(choice.exclude ?? [])])
    if (typeof name !== 'string') throw invalid(`columns of ${where}`, 'names', name);
  for (const name of choice.classNames ?? [])
    if (typeof name !== 'string') throw invalid(`classNames of ${where}`, 'names', name);
  const twice = repeated(choice.classNames ?? []);
  if (twice !== undefined)
    throw new EigenstudentError(
      'invalid_argument',
      `expected different names in classNames of ${where}, received ${JSON.stringify(twice)} twice`,
    );
}

function notBoth(
  where: string,
  choice: ColumnChoice,
  one: keyof ColumnChoice,
  other: keyof ColumnChoice,
): void {
  if (choice[one] === undefined || choice[other] === undefined) return;
  throw new EigenstudentError('invalid_argument', `expected ${one} or ${other} for ${where}, received both`);
}

function targetsOf({ target, targets }: ColumnChoice): readonly string[] {
  return [target ?? targets ?? []].flat();
}

/**
 * @param source names the table in errors
 * @throws invalid_data when a column is missing or has the name of another, none is left for inputs, or a
 *   column that the call does not name is an index that a program has written
 */
export function chooseColumns(
  source: string,
  header: readonly string[],
  choice: ColumnChoice,
): ChosenColumns {
  const names = header.map((name, i) => (name === '' ? `Unnamed: ${i}` : name));
  const places = new Map<string, number>();
  const twice = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (places.has(name)) twice.add(name);
    else places.set(name, i);
  }
  const find = (name: string) => {
    const index = places.get(name === '' ? (names[header.indexOf('')] ?? '') : name);
    if (index === undefined) throw noColumn(source, names, name);
    return index;
  };
  const label = choice.label === undefined ? undefined : find(choice.label);
  const targets = targetsOf(choice).map(find);
  const learned = new Set(label === undefined ? targets : [label, ...targets]);
  const excluded = new Set((choice.exclude ?? []).map((name) => names[find(name)] as string));
  const kept = (name: string, i: number) => !learned.has(i) && !excluded.has(name);
  const inputs = choice.inputs?.map(find) ?? names.flatMap((name, i) => (kept(name, i) ? [i] : []));
  const chosen = { names, inputs, targets, label };
  checkChosen(source, header, chosen, choice, twice);
  return chosen;
}

function checkChosen(
  source: string,
  header: readonly string[],
  { names, inputs, targets, label }: ChosenColumns,
  choice: ColumnChoice,
  twice: ReadonlySet<string>,
): void {
  const learned = new Set(label === undefined ? targets : [label, ...targets]);
  const both = inputs.find((i) => learned.has(i));
  if (both !== undefined)
    throw invalidData(`expected other inputs than what is learned from ${source}, received "${names[both]}"`);
  const doubled = [...inputs, ...learned].map((i) => names[i] as string).find((name) => twice.has(name));
  if (doubled !== undefined)
    throw invalidData(
      `expected columns of different names in ${source}, received "${doubled}" twice. Rename one, or leave both out with exclude`,
    );
  const again = repeated([...inputs, ...targets].map((i) => names[i] as string));
  if (again !== undefined)
    throw invalidData(`expected each column of ${source} to be named once, received "${again}" twice`);
  if (!choice.inputs) refuseIndexes(source, header, names, inputs);
  if (inputs.length === 0) throw invalidData(`expected at least one column of inputs in ${source}`);
}

/**
 * Row numbers reveal the order of the rows, and with it the labels of sorted data: they are inputs only when
 * the call names them.
 */
function refuseIndexes(
  source: string,
  header: readonly string[],
  names: readonly string[],
  inputs: readonly number[],
): void {
  const indexes = inputs.filter((i) => isIndexName(names[i] as string));
  const [first] = indexes;
  if (first === undefined) return;
  const received =
    header[first] === '' ? `column ${first + 1} without a name` : `column ${first + 1}, "${names[first]}"`;
  const list = indexes.map((i) => JSON.stringify(names[i])).join(', ');
  throw invalidData(
    `expected inputs with names in ${source}, received ${received}: that is how row numbers are written, such as the index of ` +
      `pandas. Leave it out with exclude: [${list}], or name the columns to learn from in inputs`,
  );
}

/**
 * Whether a name is one that programs give to a column that has none: pandas' "Unnamed: 0" (also ".1" after it) and
 * "__index_level_0__", and readr's "...1".
 */
export function isIndexName(name: string): boolean {
  return /^(?:Unnamed: \d+(?:\.\d+)*(?:_level_\d+)?|__index_level_\d+__|\.\.\.\d+)$/.test(name);
}

function noColumn(source: string, names: readonly string[], name: string): EigenstudentError {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  const received = names.slice(0, mostNamed).map((each) => `"${each}"`);
  const hint = didYouMean(name, names);
  return invalidData(
    `expected a column "${name}" in ${source}, received ${received.join(', ')}${more}${hint && `. ${hint}`}`,
  );
}

function repeated(names: readonly string[]): string | undefined {
  const met = new Set<string>();
  return names.find((name) => met.size === met.add(name).size);
}
