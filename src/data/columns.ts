/** Builds a Dataset from rows with named columns: what CSV and Parquet have in common. */
import { Dataset } from '../network/dataset.js';
import { ClassNames } from './class-names.js';
import { GrowingNumbers } from './growing-numbers.js';
import { invalidData } from './labelled-samples.js';
import { type CellFormat, describeCell, numberOf, refusedNumber, truthOf } from './table-cells.js';
import { type ChosenColumns, type ColumnChoice, chooseColumns } from './table-columns.js';

export { type ColumnChoice, checkChoice, columnChoiceKeys } from './table-columns.js';

/** A data set that was a table. */
export interface TableData {
  readonly data: Dataset;
  /** Name of each input. */
  readonly inputNames: readonly string[];
  /** The columns of the file that the inputs are from, where one column has several inputs: lists in Parquet. */
  readonly inputColumns?: readonly string[];
  /** Name of each class; absent where there are targets, or neither. */
  readonly classNames?: readonly string[];
}

/** Whether a column holds numbers or booleans; the first row decides. */
interface ColumnKind {
  readonly truth: boolean;
  readonly place: string;
}

/** Adds rows one by one; how a row is converted does not depend on the number of rows. */
export class TableBuilder {
  /** Which columns are read; cells of others are not looked at. */
  readonly columns: ChosenColumns;
  readonly #numbers = new GrowingNumbers();
  readonly #targetNumbers = new GrowingNumbers();
  readonly #classes: ClassNames | undefined;
  /** By column; empty until its first row. */
  readonly #kinds: ColumnKind[] = [];

  /**
   * @param source names the table in errors
   * @param format whether missing values are words
   * @throws invalid_data: see chooseColumns
   */
  constructor(
    readonly source: string,
    header: readonly string[],
    choice: ColumnChoice,
    format: CellFormat = 'typed',
  ) {
    this.columns = chooseColumns(source, header, choice);
    const { label, names } = this.columns;
    if (label !== undefined)
      this.#classes = new ClassNames(source, names[label] as string, format, choice.classNames);
  }

  /**
   * @param row one cell per column: text, a number, or what a Parquet file holds
   * @param place as in "line 7"
   * @throws invalid_data, naming place and column
   */
  add(row: readonly unknown[], place: string): void {
    const { inputs, targets, label } = this.columns;
    for (const i of inputs) this.#numbers.push(this.#number(row[i], i, place));
    for (const i of targets) this.#targetNumbers.push(this.#number(row[i], i, place));
    if (label !== undefined) this.#classes?.add(row[label], place);
  }

  #number(cell: unknown, column: number, place: string): number {
    const number = numberOf(cell);
    const truth = Number.isNaN(number) ? truthOf(cell) : undefined;
    const value = truth ?? number;
    const name = this.columns.names[column] as string;
    if (!Number.isFinite(value))
      throw invalidData(
        `${place} of ${this.source}: expected a finite number in column "${name}", received ${refusedNumber(cell)}`,
      );
    const kind = this.#kinds[column];
    if (kind === undefined) this.#kinds[column] = { truth: truth !== undefined, place };
    else if (kind.truth !== (truth !== undefined)) {
      const expected = kind.truth ? 'true or false' : 'a number';
      throw invalidData(
        `${place} of ${this.source}: expected ${expected} in column "${name}", as in ${kind.place}, received ` +
          `${describeCell(cell)}. Write one of both in the whole column`,
      );
    }
    return value;
  }

  /** @throws invalid_data when there was no row; an error in the names of classes */
  finish(): TableData {
    const { names, targets } = this.columns;
    const inputs = this.#numbers.toArray();
    if (inputs.length === 0) throw invalidData(`expected rows in ${this.source}, received the header alone`);
    const inputCount = this.columns.inputs.length;
    const inputNames = this.columns.inputs.map((i) => names[i] as string);
    if (this.#classes) {
      const { classes, classNames } = this.#classes.finish();
      return { data: Dataset.create({ inputs, inputCount, classes }), inputNames, classNames };
    }
    const targetCount = targets.length;
    if (targetCount === 0) return { data: Dataset.create({ inputs, inputCount }), inputNames };
    const numbers = this.#targetNumbers.toArray();
    return { data: Dataset.create({ inputs, inputCount, targets: numbers, targetCount }), inputNames };
  }
}
