/** What computed the records of a run, and whether it contains results of different arithmetic. */
import type { RecordHeader } from './record.js';

/** Fields of a record that describe how it was computed. */
export type RecordProvenance = Pick<RecordHeader, 'engine' | 'dtype'> & {
  readonly versions: Omit<RecordHeader['versions'], 'node'>;
};

export interface Provenance {
  /** Engine and dtype of the training, as in "cpu-avx2 float32". */
  readonly engines: readonly string[];
  /** Versions of the package. */
  readonly versions: readonly string[];
  /** See arithmeticRevision; null for records without it. */
  readonly arithmetic: readonly (number | null)[];
  /**
   * Whether trials of one dtype were trained by several engines, versions or revisions of the arithmetic: their results
   * may differ in their last bits.
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

/** A sentence on what differs; empty where nothing but the dtype differs. */
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
