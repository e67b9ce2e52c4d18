/** DuckDB, which is an optional installation, as it takes 70 MB. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { EigenstudentError, reasonOf } from '../../errors.js';

export type Duckdb = typeof import('@duckdb/node-api');

/** In a variable, so that bundlers do not include it: it has a native addon per system, of which one is installed. */
const packageName: string = '@duckdb/node-api';

/** A database in memory, and the module that created it. */
export interface Database {
  readonly duckdb: Duckdb;
  readonly connection: DuckDBConnection;
  close(): void;
}

/**
 * An empty database in memory.
 * @param load replaced by tests, to simulate a machine without DuckDB
 * @throws duckdb_missing with the command that installs it
 */
export async function openDatabase(
  load: () => Promise<Duckdb> = () => import(packageName) as Promise<Duckdb>,
): Promise<Database> {
  const duckdb = await loadDuckdb(load);
  // Nothing may be fetched from a network, whatever a query names.
  const settings = { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' };
  const instance = await duckdb.DuckDBInstance.create(':memory:', settings);
  const connection = await instance.connect();
  return {
    duckdb,
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function loadDuckdb(load: () => Promise<Duckdb>): Promise<Duckdb> {
  try {
    return await load();
  } catch (cause) {
    const reason = reasonOf(cause).split('\n')[0];
    throw new EigenstudentError(
      'duckdb_missing',
      'queries and Parquet need DuckDB, an optional package of 70 MB that is not installed here. Add it with\n' +
        '  npm install @duckdb/node-api\n' +
        `(with --global where eigenstudent is installed so). Node says: ${reason}`,
      { cause },
    );
  }
}

/** A string literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
