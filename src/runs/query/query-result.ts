/** What a question to the records is answered with. Nothing here knows DuckDB, which who reads these types may not have. */
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

/** What the records had to say before they were asked. */
export interface LoadedRecords {
  /** Records that are there and cannot be trusted; they are left out. */
  readonly unreadable: readonly DamagedTrial[];
  /** Records of trials that failed: their measures are null. */
  readonly failed: number;
  /** Why index.parquet could not be brought up to date, where it could not: the next call reads the same files again. */
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
