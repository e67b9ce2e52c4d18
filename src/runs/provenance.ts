/** What made the records of a run, and whether results of different arithmetic stand side by side. */
import type { RecordHeader } from './record.js';

/** What a record says of how it was made. */
export type RecordProvenance = Pick<RecordHeader, 'engine' | 'dtype'> & {
  readonly versions: Omit<RecordHeader['versions'], 'node'>;
};

export interface Provenance {
  /** What trained, as in "cpu-avx2 float32". */
  readonly engines: readonly string[];
  /** Of the package. */
  readonly versions: readonly string[];
  /** See arithmeticRevision; null: that of records which do not say it. */
  readonly arithmetic: readonly (number | null)[];
  /**
   * Whether trials of one dtype were trained by several engines, versions or revisions of the arithmetic: results that may
   * differ in their last bits, side by side.
   */
  readonly mixedEngines: boolean;
}

export function summarizeProvenance(records: readonly RecordProvenance[]): Provenance {
  const distinct = <Value>(of: (record: RecordProvenance) => Value) => [...new Set(records.map(of))].sort();
  const revision = ({ versions }: RecordProvenance) => versions.arithmetic ?? null;
  const alike = distinct(
    (record) => `${record.dtype} ${record.engine} ${record.versions.eigenstudent} ${revision(record)}`,
  );
  return {
    engines: distinct(({ engine, dtype }) => `${engine} ${dtype}`),
    versions: distinct(({ versions }) => versions.eigenstudent),
    arithmetic: [...new Set(records.map(revision))].sort((a, b) => (a ?? 0) - (b ?? 0)),
    mixedEngines: alike.length > distinct(({ dtype }) => dtype).length,
  };
}

/** What differs, in words; empty where nothing does but the dtype. */
export function mixedProvenanceNote({ engines, versions, arithmetic, mixedEngines }: Provenance): string {
  if (!mixedEngines) return '';
  const revisions = arithmetic.map((revision) => revision ?? 'unknown');
  const parts = [
    `engine ${engines.join(', ')}`,
    `version ${versions.join(', ')}`,
    `arithmetic ${revisions.join(', ')}`,
  ];
  return `results of different arithmetic stand side by side: ${parts.join('; ')}`;
}
