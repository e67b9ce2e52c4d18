/** Chooses the columns of a Parquet file that are read, and how their values are used. */
import { type FileMetaData, parquetSchema } from 'hyparquet';
import { invalidData } from '../labelled-samples.js';
import { type ColumnChoice, chooseColumns } from '../table-columns.js';
import { type ColumnKind, type Convert, columnKind } from './column-kinds.js';
import { pandasMetadata } from './pandas-metadata.js';

export interface ParquetColumn {
  readonly name: string;
  readonly use: 'input' | 'target' | 'label';
  /** Depth of the nested lists around each value. */
  readonly depth: number;
  readonly convert: Convert;
}

/**
 * Inputs, then targets, then the label.
 * @throws invalid_data: see chooseColumns; a column whose values do not fit its use
 */
export function chosenColumns(file: string, metadata: FileMetaData, choice: ColumnChoice): ParquetColumn[] {
  const fields = parquetSchema(metadata).children;
  const header = fields.map(({ element }) => element.name);
  const { indexColumns, durations } = pandasMetadata(file, metadata, !choice.inputs);
  const { names, inputs, targets, label } = chooseColumns(
    file,
    header,
    withoutIndex(choice, header, indexColumns),
  );
  const column = (i: number, use: ParquetColumn['use']): ParquetColumn => {
    const name = names[i] as string;
    const kind = columnKind(fields[i] as (typeof fields)[number], durations.has(name));
    const convert = use === 'label' ? kind.asClass : kind.asInput;
    if (!convert) throw refused(file, name, kind, use);
    return { name, use, depth: kind.depth, convert };
  };
  return [
    ...inputs.map((i) => column(i, 'input')),
    ...targets.map((i) => column(i, 'target')),
    ...(label === undefined ? [] : [column(label, 'label')]),
  ];
}

/** Its writer says that these are row numbers or names of rows. They are inputs only if the call names them. */
function withoutIndex(
  choice: ColumnChoice,
  header: readonly string[],
  indexColumns: readonly string[],
): ColumnChoice {
  if (choice.inputs) return choice;
  const there = indexColumns.filter((name) => header.includes(name));
  return there.length === 0 ? choice : { ...choice, exclude: [...(choice.exclude ?? []), ...there] };
}

function refused(
  file: string,
  name: string,
  { holds, advice }: ColumnKind,
  use: ParquetColumn['use'],
): Error {
  const received = `column "${name}" of ${file}, received ${holds}`;
  if (use === 'label')
    return invalidData(`expected names or numbers of classes in ${received}. Write one name per row`);
  const other =
    use === 'input'
      ? `. Leave the column out with exclude: ["${name}"], or name the columns to learn from in inputs`
      : '';
  return invalidData(`expected numbers in ${received}${advice ? `. ${advice}` : ''}${other}`);
}
