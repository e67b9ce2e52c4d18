/** Queries the records of a run directory in SQL, and exports them as one Parquet file. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBPreparedStatement } from '@duckdb/node-api';
import { EigenstudentError, reasonOf } from '../../errors.js';
import { writeAtomically } from '../../files/atomic-write.js';
import { readProtocol } from '../run-directory.js';
import { type Database, literal, openDatabase } from './duckdb.js';
import type { ExportResult, LoadedRecords, QueryResult } from './query-result.js';
import { loadRecords } from './record-index.js';
import { createTrials } from './trials-table.js';
import { valueConverter } from './values.js';

/**
 * Evaluates one SELECT over the table `trials`: a row per record, finished or failed, a column per field. The SQL can
 * read nothing else and write nothing. Updates index.parquet in the directory where that can be written.
 * @throws duckdb_missing; file_unreadable when it is no run directory; invalid_query with DuckDB's message
 */
export async function queryRecords(directory: string, sql: string): Promise<QueryResult> {
  return withTrials(directory, [], async (database, columns, loaded) => {
    const statement = await prepare(database, sql, columns);
    const reader = await explained(columns, () => statement.runAndReadAll());
    const names = reader.deduplicatedColumnNames();
    return {
      columns: reader.columnTypes().map((type, i) => ({ name: names[i] as string, type: String(type) })),
      rows: reader.convertRowObjects(valueConverter(database.duckdb)),
      ...loaded,
    };
  });
}

/**
 * Writes the result of one SELECT as a Parquet file; without one, every record.
 * @throws as queryRecords; file_unwritable
 */
export async function exportRecords(
  directory: string,
  file: string,
  sql = 'FROM trials',
): Promise<ExportResult> {
  const folder = await mkdtemp(join(tmpdir(), 'eigenstudent-export-'));
  const parquet = join(folder, 'answer.parquet');
  try {
    return await withTrials(directory, [parquet], async (database, columns, loaded) => {
      const { connection } = database;
      await prepare(database, sql, columns); // Throws where the statement is invalid or writes.
      await explained(columns, () => connection.run(`CREATE TABLE answer AS ${sql}`));
      const copy = `COPY answer TO ${literal(parquet)} (FORMAT parquet, COMPRESSION zstd)`;
      await explained(columns, () => connection.run(copy));
      const counted = await connection.runAndReadAll('SELECT count(*)::INTEGER FROM answer');
      await writeAtomically(file, await readFile(parquet));
      return { file, rows: Number(counted.value(0, 0)), ...loaded };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param writable files that the database may still access when the user's SQL runs in it */
async function withTrials<Result>(
  directory: string,
  writable: readonly string[],
  work: (database: Database, columns: readonly string[], loaded: LoadedRecords) => Promise<Result>,
): Promise<Result> {
  await readProtocol(directory); // Throws where this is no run directory.
  const database = await openDatabase();
  try {
    const found = await loadRecords(database, directory);
    const columns = await createTrials(database, directory);
    const { connection } = database;
    const counted = await connection.runAndReadAll('SELECT count(errorCode)::INTEGER FROM trials');
    const loaded = { ...found, failed: Number(counted.value(0, 0)) };
    await connection.run(`SET allowed_paths = [${writable.map(literal).join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return await work(database, columns, loaded);
  } finally {
    database.close();
  }
}

/** @throws invalid_query unless it is one statement that only reads */
async function prepare(
  { connection, duckdb: { StatementType } }: Database,
  sql: string,
  columns: readonly string[],
): Promise<DuckDBPreparedStatement> {
  if (sql.trim() === '') throw notOneSelect('nothing');
  const parsed = await explained(columns, async () => connection.extractStatements(sql));
  if (parsed.count !== 1)
    throw notOneSelect(`${parsed.count} statements (a PIVOT needs its values: ON column IN (...))`);
  const statement = await explained(columns, () => parsed.prepare(0));
  const { statementType } = statement;
  if (statementType === StatementType.SELECT || statementType === StatementType.EXPLAIN) return statement;
  throw notOneSelect(`a statement of type ${StatementType[statementType]}; queries only read`);
}

function notOneSelect(received: string): EigenstudentError {
  return new EigenstudentError('invalid_query', `expected one SELECT, received ${received}`);
}

/** Runs an operation of DuckDB that may fail on the user's SQL. */
async function explained<Result>(columns: readonly string[], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new EigenstudentError(
      'invalid_query',
      `DuckDB: ${reason}\nThe table is trials, its columns: ${columns.join(', ')}`,
      { cause },
    );
  }
}
