/** Converts names of classes to class indices, row by row. */
import { canonicalDecimal, parseDecimal } from './decimal-text.js';
import { GrowingNumbers } from './growing-numbers.js';
import { invalidData } from './labelled-samples.js';
import { type CellFormat, describeCell, isMissing, truthOf } from './table-cells.js';

/** The classes of the rows, and their names. */
export interface NamedClasses {
  /** [rows] */
  readonly classes: Uint32Array;
  readonly classNames: readonly string[];
}

/** Names in a message. Arbitrary. */
const mostNamed = 20;

export class ClassNames {
  readonly #rows = new GrowingNumbers();
  /** By name, in the order in which they first occur. */
  readonly #met = new Map<string, { readonly index: number; readonly place: string }>();

  /**
   * @param source names the table in errors
   * @param column its name
   * @param given the names of the classes; any other name is then an error
   */
  constructor(
    readonly source: string,
    readonly column: string,
    readonly format: CellFormat,
    readonly given?: readonly string[],
  ) {
    for (const [index, name] of given?.entries() ?? []) this.#met.set(name, { index, place: '' });
  }

  /** @throws invalid_data: a missing value, or a name that is not among the given ones */
  add(cell: unknown, place: string): void {
    const name = nameOf(cell);
    let known = name === undefined ? undefined : this.#met.get(name);
    if (name === undefined || (known === undefined && isMissing(cell, this.format)))
      throw this.#missing(cell, place);
    if (known === undefined) {
      if (this.given) throw this.#unknown(name, place);
      known = { index: this.#met.size, place };
      this.#met.set(name, known);
    }
    this.#rows.push(known.index);
  }

  #missing(cell: unknown, place: string): Error {
    const where = `${place} of ${this.source}: expected a class in column "${this.column}"`;
    if (!isMissing(cell, this.format)) return invalidData(`${where}, received ${describeCell(cell)}`);
    const advice = 'Fill it in, or leave the row out';
    const word = typeof cell === 'string' ? cell.trim() : '';
    if (word === '')
      return invalidData(`${where}, received ${describeCell(cell)}, a missing value. ${advice}`);
    return invalidData(
      `${where}, received "${word}", a missing value. ${advice}; if "${word}" is the name of a class, list all classes in classNames`,
    );
  }

  #unknown(name: string, place: string): Error {
    const given = this.given ?? [];
    const more = given.length > mostNamed ? ` and ${given.length - mostNamed} more` : '';
    return invalidData(
      `${place} of ${this.source}: expected one of the classes ${given.slice(0, mostNamed).join(', ')}${more} in column ` +
        `"${this.column}", received "${name}". If it is a class, list it in classNames`,
    );
  }

  /** @throws invalid_data: two names that are one value, written in two ways */
  finish(): NamedClasses {
    const rows = this.#rows.toArray();
    if (this.given) return { classes: Uint32Array.from(rows), classNames: this.given };
    const names = [...this.#met.keys()];
    this.#refuseTwoSpellings(names);
    const classNames = [...names].sort(byNumberOrName);
    const places = new Map(classNames.map((name, place) => [name, place]));
    const order = names.map((name) => places.get(name) as number);
    return { classes: Uint32Array.from(rows, (met) => order[met] as number), classNames };
  }

  /** "1" and "1.0", or "True" and "TRUE": pandas reads one class, a reader of text two. */
  #refuseTwoSpellings(names: readonly string[]): void {
    const values = names.map(spelledValue);
    if (values.includes(undefined)) return; // a column of text: names are compared as they are
    const met = new Map<string | undefined, string>();
    for (const [i, name] of names.entries()) {
      const value = values[i];
      const other = met.get(value);
      if (other === undefined) met.set(value, name);
      else {
        const [first, second] = [other, name].map((each) => this.#met.get(each)?.place);
        throw invalidData(
          `${second} of ${this.source}: expected one spelling per class in column "${this.column}", received "${name}" here and ` +
            `"${other}" in ${first}. Write them alike; if they are two classes, list all classes in classNames`,
        );
      }
    }
  }
}

/** Undefined for a cell that has no name: an object, a list, a missing value. */
function nameOf(cell: unknown): string | undefined {
  if (cell === null || cell === undefined || Number.isNaN(cell)) return undefined;
  return typeof cell === 'object' ? undefined : String(cell).trim();
}

/** The value of a name that is a number, true or false. */
function spelledValue(name: string): string | undefined {
  const truth = truthOf(name);
  if (truth !== undefined) return truth === 1 ? 'true' : 'false';
  return Number.isNaN(parseDecimal(name)) ? undefined : canonicalDecimal(name);
}

/** 2 before 10, numbers before other names; else by code points, the same everywhere. */
function byNumberOrName(a: string, b: string): number {
  const [x, y] = [parseDecimal(a), parseDecimal(b)];
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  if (x !== y && !Number.isNaN(x)) return x < y ? -1 : 1;
  return byDigits(a, b) || byCodePoints(withoutZone(a), withoutZone(b));
}

/** Of integers that are one float64: -9007199254740993 before -9007199254740992. 0 for other names. */
function byDigits(a: string, b: string): number {
  if (![a, b].every((name) => /^[+-]?\d+$/.test(name))) return 0;
  const [x, y] = [BigInt(a.replace('+', '')), BigInt(b.replace('+', ''))];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** A time in UTC without its Z, so that times sort in order: 10:00:00Z before 10:00:00.5Z. */
function withoutZone(name: string): string {
  return name.replace(/(T\d\d:\d\d:\d\d(?:\.\d+)?)Z$/, '$1');
}

function byCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(left.length, right.length); ++i) {
    const difference = ((left[i] as string).codePointAt(0) ?? 0) - ((right[i] as string).codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
