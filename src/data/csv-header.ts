/** The first line of a CSV file: names of columns, how many fields a row has, and whether the separator is another one. */
import { EigenstudentError } from '../errors.js';
import { TableBuilder } from './columns.js';
import { invalidData } from './labelled-samples.js';
import type { ColumnChoice } from './table-columns.js';

const separators = [',', ';', '\t', '|'];

export class CsvHeader {
  readonly #names: readonly string[];
  /** Advice, where another separator would make as many columns or more. */
  readonly #advice: string;
  #rows = 0;

  /**
   * @param file names it in errors
   * @param line where it stands
   * @throws invalid_data for the note `sep=;`, which Excel reads
   */
  constructor(
    readonly file: string,
    record: readonly string[],
    readonly delimiter: string,
    line: number,
  ) {
    this.#names = record.map((name) => name.trim());
    const text = record.join(delimiter);
    const note = /^sep=(.)$/i.exec(text)?.[1];
    if (note !== undefined)
      throw invalidData(
        `line ${line} of ${file}: expected the names of columns, received the note ${text} to Excel. Delete the line, and give ` +
          `delimiter: ${JSON.stringify(note)} unless it is a comma`,
      );
    const other = separators.find(
      (each) => each !== delimiter && text.split(each).length >= Math.max(2, record.length),
    );
    this.#advice = other
      ? `. The separator looks like ${other === '\t' ? 'a tab' : `"${other}"`}: give delimiter: ${JSON.stringify(other)}`
      : '';
  }

  /** @throws invalid_data: see TableBuilder; one column, in which another separator stands */
  tableOf(choice: ColumnChoice): TableBuilder {
    const [only] = this.#names;
    const named = [choice.inputs, choice.label, choice.target, choice.targets, choice.exclude].flat();
    if (this.#names.length === 1 && this.#advice !== '' && !named.includes(only))
      throw invalidData(
        `expected columns between ${JSON.stringify(this.delimiter)} in ${this.file}, received one, "${only}"${this.#advice}`,
      );
    try {
      return new TableBuilder(this.file, this.#names, choice, 'text');
    } catch (cause) {
      if (!(cause instanceof EigenstudentError) || this.#advice === '') throw cause;
      throw new EigenstudentError(cause.code, cause.message + this.#advice, { cause });
    }
  }

  /** @throws file_corrupt for a row with more or fewer fields */
  checkRow(record: readonly string[], line: number): void {
    this.#rows += 1;
    const expected = this.#names.length;
    if (record.length === expected) return;
    const message =
      `line ${line} of ${this.file} is not readable CSV: expected ${expected} fields, as the header has, received ` +
      `${record.length}${this.#advice || this.#reason(record)}`;
    throw new EigenstudentError('file_corrupt', message);
  }

  #reason(record: readonly string[]): string {
    if (this.#rows > 1 || record.length !== this.#names.length + 1) return '';
    if (record.at(-1) === '') return '. The line ends with a separator, and the header does not';
    return '. If rows begin with their number or name, as R writes them, give that column a name in the header';
  }
}
