/**
 * index.parquet: the text of all records in one file, so that a query need not open thousands. It can be deleted;
 * records that are missing in it or whose files have changed since are read from trials/.
 */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EigenstudentError, reasonOf } from '../../errors.js';
import { writeAtomically } from '../../files/atomic-write.js';
import { placeOf } from '../../protocol/place.js';
import { readRecord, recordFile, trialFolder } from '../record.js';
import { type DamagedTrial, listKeys } from '../run-directory.js';
import { type Database, literal } from './duckdb.js';
import type { LoadedRecords } from './query-result.js';
import { structureOf } from './structure.js';

export const indexFile = 'index.parquet';

/** Number of files whose metadata are read at a time: enough to hide the latency of a network disk; arbitrary. */
const filesAtOnce = 64;

/**
 * Columns of the table. Version 0.1.0 had `record`, in schema 1, in place of `text`; its index is rebuilt. `checksum`
 * covers what a disk may corrupt without Parquet detecting it; a version of DuckDB with another hash function finds no
 * valid row, and the index is rebuilt.
 */
const columns = 'key VARCHAR, modified DOUBLE, size DOUBLE, structure VARCHAR, text VARCHAR';
const checksum = 'hash(structure, text)';
/** Rows of index.parquet that one thread reads; the smallest size that DuckDB writes. */
const rowGroup = 2048;

/** Metadata of a record.json. */
interface RecordFile {
  readonly key: string;
  /** Milliseconds since 1970, with a fraction. */
  readonly modified: number;
  /** Bytes. */
  readonly size: number;
}

/**
 * Fills a table `records` (key; text: its JSON, in schema 2, with its place; structure: that of its protocol) with
 * every record of the directory, and updates index.parquet where that is allowed.
 * @throws file_unreadable when it is no run directory
 */
export async function loadRecords(
  database: Database,
  directory: string,
): Promise<Omit<LoadedRecords, 'failed'>> {
  const files = await listRecordFiles(directory);
  const indexed = await loadIndex(database, directory);
  const current = new Set<string>();
  const missing: RecordFile[] = [];
  for (const file of files) {
    const entry = indexed.get(file.key);
    if (entry?.modified === file.modified && entry.size === file.size) current.add(file.key);
    else missing.push(file);
  }
  const stale = [...indexed.keys()].filter((key) => !current.has(key));
  if (stale.length === 0 && missing.length === 0) return { unreadable: [] };
  await deleteRows(database, stale);
  const unreadable = await appendRecords(database, directory, missing);
  const changed = stale.length > 0 || unreadable.length < missing.length;
  return { unreadable, notIndexed: changed ? await writeIndex(database, directory) : undefined };
}

async function listRecordFiles(directory: string): Promise<RecordFile[]> {
  const keys = await listKeys(directory);
  const files: RecordFile[] = [];
  for (let from = 0; from < keys.length; from += filesAtOnce) {
    const found = await Promise.all(
      keys.slice(from, from + filesAtOnce).map((key) => fileMetadata(directory, key)),
    );
    files.push(...found.filter((file) => file !== undefined));
  }
  return files;
}

/** undefined where there is no record. */
async function fileMetadata(directory: string, key: string): Promise<RecordFile | undefined> {
  try {
    const { mtimeMs, size } = await stat(join(trialFolder(directory, key), recordFile));
    return { key, modified: mtimeMs, size };
  } catch {
    return undefined;
  }
}

/** The table `records` from index.parquet: empty where that is missing or corrupt. */
async function loadIndex({ connection }: Database, directory: string): Promise<Map<string, RecordFile>> {
  const path = join(directory, indexFile);
  try {
    await connection.run(`CREATE TABLE records (${columns}, checksum UBIGINT)`);
    await connection.run(`INSERT INTO records BY NAME FROM read_parquet(${literal(path)})`);
    const broken = await connection.runAndReadAll(`FROM records WHERE checksum <> ${checksum} LIMIT 1`);
    if (broken.currentRowCount === 0) {
      const rows = (await connection.runAndReadAll('SELECT key, modified, size FROM records')).getRows();
      return new Map(
        (rows as [string, number, number][]).map(([key, modified, size]) => [key, { key, modified, size }]),
      );
    }
  } catch {
    // missing, truncated, or of another version
  }
  await connection.run('DELETE FROM records');
  return new Map();
}

async function deleteRows({ connection }: Database, keys: readonly string[]): Promise<void> {
  const listed = `(SELECT unnest(from_json($1, '["VARCHAR"]')))`;
  await connection.run(`DELETE FROM records WHERE key IN ${listed}`, [JSON.stringify(keys)]);
}

/** Reads the files into the table. Returns the keys of those that are no records. */
async function appendRecords(
  { connection }: Database,
  directory: string,
  files: readonly RecordFile[],
): Promise<DamagedTrial[]> {
  const unreadable: DamagedTrial[] = [];
  await connection.run(`CREATE TABLE incoming (${columns})`);
  const appender = await connection.createAppender('incoming');
  for (const { key, modified, size } of files) {
    try {
      const record = await readRecord(directory, key);
      appender.appendVarchar(key);
      appender.appendDouble(modified);
      appender.appendDouble(size);
      appender.appendVarchar(JSON.stringify(structureOf(record.protocol)));
      appender.appendVarchar(JSON.stringify({ ...record, place: placeOf(record.protocol) }));
      appender.endRow();
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      unreadable.push({ key, reason: error.message });
    }
  }
  appender.closeSync();
  await connection.run(`INSERT INTO records SELECT *, ${checksum} FROM incoming`);
  await connection.run('DROP TABLE incoming');
  return unreadable;
}

/** Returns the reason where it could not be written: a query is answered even on a read-only or full disk. */
async function writeIndex({ connection }: Database, directory: string): Promise<string | undefined> {
  try {
    const folder = await mkdtemp(join(tmpdir(), 'eigenstudent-index-'));
    try {
      const file = join(folder, indexFile);
      await connection.run(
        `COPY records TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${rowGroup})`,
      );
      await writeAtomically(join(directory, indexFile), await readFile(file));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
