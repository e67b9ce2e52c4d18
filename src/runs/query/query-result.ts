/**
 * Results of queries to the records. Nothing here imports DuckDB, which a reader of these types may not have installed.
 */
import type { DamagedTrial } from '../run-directory.js';

/** What JSON can hold; times are ISO 8601, UTC. */
export type QueryValue =
  | null
  | boolean
  | number
  | string
  | readonly QueryValue[]
  | { readonly [field: string]: QueryValue };

export interface QueryColumn {
  readonly name: string;
  /** As DuckDB names it: BIGINT, DOUBLE, VARCHAR, ... */
  readonly type: string;
}

/** State of the records when they were loaded. */
export interface LoadedRecords {
  /** Damaged records; they are left out. */
  readonly unreadable: readonly DamagedTrial[];
  /** Number of records of failed trials: their scalars are null. */
  readonly failed: number;
  /** Why index.parquet could not be updated: the next call reads the same files again. */
  readonly notIndexed?: string;
}

export interface QueryResult extends LoadedRecords {
  readonly columns: readonly QueryColumn[];
  /** Keyed by the names of the columns. */
  readonly rows: readonly Readonly<Record<string, QueryValue>>[];
}

export interface ExportResult extends LoadedRecords {
  readonly file: string;
  readonly rows: number;
}
