/** A run directory with six finished trials and one that diverged, new for each test, and what a Parquet file holds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { openDatabase } from '../../src/runs/query/duckdb.js';
import { openRunDirectory } from '../../src/runs/run-directory.js';
import { syntheticFailure } from '../report/synthetic-run.js';
import { madeUpTrial, smallProtocol } from '../sweep/small-protocol.js';
import { writeStudent } from '../sweep/student-records.js';
import type { ShortTrial as StudentTrial } from '../sweep/student-trials.js';
import { expand } from '../sweep/student-trials.js';

export const protocol = smallProtocol();
export const trials = expand(protocol);
/** What `query` and `export` note of the one that diverged. */
export const failureNote =
  '1 trial failed: scalars that they lack are null, and means leave them out; errorCode and errorMessage say why\n';

/** Paths of the present test: call in a file once. */
export function queryRun(): { folder: string; run: string } {
  const paths = { folder: '', run: '' };
  beforeEach(async () => {
    paths.folder = await mkdtemp(join(tmpdir(), 'eigenstudent-cli-query-'));
    paths.run = join(paths.folder, 'run');
    await openRunDirectory(paths.run, protocol);
    for (const trial of trials.slice(0, 6)) {
      const { record, arrays } = madeUpTrial(trial);
      await writeStudent(paths.run, record, arrays);
    }
    const { record, arrays } = syntheticFailure(trials[6] as StudentTrial);
    await writeStudent(paths.run, record, arrays);
  });
  afterEach(() => rm(paths.folder, { recursive: true, force: true }));
  return paths;
}

/** Of a Parquet file, or of what another query names. */
export async function parquetRows(source: string, select = 'FROM'): Promise<unknown> {
  const from = source.endsWith(')') || source.startsWith("'") ? source : `'${source}'`;
  const database = await openDatabase();
  try {
    return (await database.connection.runAndReadAll(`${select} ${from}`)).getRowObjectsJson();
  } finally {
    database.close();
  }
}
