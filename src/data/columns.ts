/** From rows with named columns to a Dataset: what CSV and Parquet have in common. */
import { didYouMean, invalid, knownKeys } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { Dataset } from '../network/dataset.js';
import { GrowingNumbers } from './growing-numbers.js';
import { invalidData } from './labelled-samples.js';

/** Which columns are what. */
export interface ColumnChoice {
  /** The column with the class of a row: its values are names. */
  readonly label?: string;
  /** The column or columns with numbers to learn, instead of a class. */
  readonly target?: string | readonly string[];
  /** The columns with the inputs, in this order. Default: all others, in the order of the file. */
  readonly inputs?: readonly string[];
  /** The names of the classes, in order; any other is an error. Default: those that occur, sorted. */
  readonly classNames?: readonly string[];
}

/** A data set that was a table. */
export interface TableData {
  readonly data: Dataset;
  /** Name of each input. */
  readonly inputNames: readonly string[];
  /** Name of each class; absent where there are targets, or neither. */
  readonly classNames?: readonly string[];
}

export const columnChoiceKeys = ['label', 'target', 'inputs', 'classNames'];

/** @throws invalid_argument */
export function checkChoice(where: string, choice: ColumnChoice, keys: readonly string[]): void {
  knownKeys(where, choice, keys);
  if (choice.label !== undefined && choice.target !== undefined)
    throw new EigenstudentError('invalid_argument', `expected label or target for ${where}, received both`);
  for (const list of ['inputs', 'classNames'] as const)
    if (choice[list] !== undefined && !Array.isArray(choice[list]))
      throw invalid(`${list} of ${where}`, 'a list of names', choice[list]);
  for (const name of [...[choice.target ?? []].flat(), ...(choice.inputs ?? [])])
    if (typeof name !== 'string') throw invalid(`columns of ${where}`, 'names', name);
  for (const name of choice.classNames ?? [])
    if (typeof name !== 'string') throw invalid(`classNames of ${where}`, 'names', name);
}

/** Takes rows one by one; what they become does not depend on how many there are. */
export class TableBuilder {
  readonly #inputs: readonly number[];
  readonly #targets: readonly number[];
  readonly #label: number | undefined;
  readonly #numbers = new GrowingNumbers();
  readonly #targetNumbers = new GrowingNumbers();
  readonly #classes = new GrowingNumbers();
  /** By name, in the order in which they are met. */
  readonly #met = new Map<string, number>();

  /**
   * @param source names the table in errors
   * @throws invalid_data when a column is not there, is there twice, or no input is left
   */
  constructor(
    readonly source: string,
    readonly header: readonly string[],
    readonly choice: ColumnChoice,
  ) {
    const twice = header.find((name, i) => header.indexOf(name) !== i);
    if (twice !== undefined)
      throw invalidData(`expected columns of different names in ${source}, received "${twice}" twice`);
    this.#label = choice.label === undefined ? undefined : this.#indexOf(choice.label);
    this.#targets = [choice.target ?? []].flat().map((name) => this.#indexOf(name));
    const taken = [this.#label, ...this.#targets];
    this.#inputs = choice.inputs
      ? choice.inputs.map((name) => this.#indexOf(name))
      : header.flatMap((_, i) => (taken.includes(i) ? [] : [i]));
    const both = this.#inputs.find((i) => taken.includes(i));
    if (both !== undefined)
      throw invalidData(
        `expected other inputs than what is learned from ${source}, received "${header[both]}"`,
      );
    if (this.#inputs.length === 0) throw invalidData(`expected at least one column of inputs in ${source}`);
    for (const [i, name] of choice.classNames?.entries() ?? []) this.#met.set(name, i);
  }

  #indexOf(name: string): number {
    const index = this.header.indexOf(name);
    if (index >= 0) return index;
    const hint = didYouMean(name, this.header);
    throw invalidData(
      `expected a column "${name}" in ${this.source}, received ${this.header.map((each) => `"${each}"`).join(', ')}` +
        `${hint && `. ${hint}`}`,
    );
  }

  /**
   * @param row one cell a column: text, a number, or what a Parquet file holds
   * @param place as in "line 7"
   * @throws invalid_data, naming place and column
   */
  add(row: readonly unknown[], place: string): void {
    for (const i of this.#inputs) this.#numbers.push(this.#number(row[i], i, place));
    for (const i of this.#targets) this.#targetNumbers.push(this.#number(row[i], i, place));
    if (this.#label !== undefined) this.#classes.push(this.#class(row[this.#label], this.#label, place));
  }

  #number(cell: unknown, column: number, place: string): number {
    const value = typeof cell === 'string' ? parseNumber(cell) : toNumber(cell);
    if (Number.isFinite(value)) return value;
    const name = this.header[column] as string;
    const received = isMissing(cell) ? 'nothing' : typeof cell === 'string' ? `"${cell}"` : String(cell);
    const advice = isMissing(cell)
      ? 'Fill it in, or leave the row or the column out'
      : 'A column of something else is left out by naming the others as inputs';
    throw invalidData(
      `${place} of ${this.source}: expected a finite number in column "${name}", received ${received}. ${advice}`,
    );
  }

  #class(cell: unknown, column: number, place: string): number {
    if (isMissing(cell)) {
      const name = this.header[column] as string;
      throw invalidData(`${place} of ${this.source}: expected a class in column "${name}", received nothing`);
    }
    const name = String(cell).trim();
    const known = this.#met.get(name);
    if (known !== undefined) return known;
    if (this.choice.classNames) {
      const expected = this.choice.classNames.join(', ');
      throw invalidData(
        `${place} of ${this.source}: expected one of the classes ${expected}, received "${name}"`,
      );
    }
    this.#met.set(name, this.#met.size);
    return this.#met.size - 1;
  }

  /** @throws invalid_data when there was no row */
  finish(): TableData {
    const inputs = this.#numbers.toArray();
    if (inputs.length === 0) throw invalidData(`expected rows in ${this.source}, received the header alone`);
    const inputCount = this.#inputs.length;
    const inputNames = this.#inputs.map((i) => this.header[i] as string);
    if (this.#label !== undefined) {
      const classNames = this.choice.classNames ?? [...this.#met.keys()].sort(byNumberOrName);
      const places = [...this.#met.keys()].map((name) => classNames.indexOf(name));
      const classes = Uint32Array.from(this.#classes.toArray(), (met) => places[met] as number);
      return { data: Dataset.create({ inputs, inputCount, classes }), inputNames, classNames };
    }
    const targetCount = this.#targets.length;
    if (targetCount === 0) return { data: Dataset.create({ inputs, inputCount }), inputNames };
    const targets = this.#targetNumbers.toArray();
    return { data: Dataset.create({ inputs, inputCount, targets, targetCount }), inputNames };
  }
}

function isMissing(cell: unknown): boolean {
  return cell === null || cell === undefined || (typeof cell === 'string' && cell.trim() === '');
}

/** NaN for what is not a number in decimal notation: neither "" nor "0x1F" nor "Infinity" is one here. */
function parseNumber(text: string): number {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text.trim()) ? Number(text) : NaN;
}

function toNumber(cell: unknown): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'bigint' || typeof cell === 'boolean') return Number(cell);
  return NaN;
}

/** 2 before 10 where all are numbers; else by code points, the same everywhere. */
function byNumberOrName(a: string, b: string): number {
  const difference = parseNumber(a) - parseNumber(b);
  if (Number.isFinite(difference) && difference !== 0) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}
