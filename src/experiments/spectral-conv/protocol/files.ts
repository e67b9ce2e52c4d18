/** The file of a protocol: its path in the protocol, its contents alone in trials. */
import { resolve } from 'node:path';
import { EigenstudentError } from '../../../errors.js';
import { fileHash } from '../../../files/file-hash.js';
import type { ImageData } from './data-schema.js';

interface WithData {
  readonly data: ImageData;
}

/** The protocol with the path of its table resolved against a folder. */
export function fromFolder<P extends WithData>(protocol: P, folder: string): P {
  const { csv } = protocol.data;
  return csv ? withTable(protocol, { ...csv, file: resolve(folder, csv.file) }) : protocol;
}

/** The protocol with the SHA-256 of its table. @throws file_unreadable */
export async function lookAtFiles<P extends WithData>(protocol: P): Promise<P> {
  const { csv } = protocol.data;
  if (!csv || csv.sha256 !== undefined) return protocol;
  return withTable(protocol, { ...csv, sha256: await fileHash(resolve(csv.file)) });
}

function withTable<P extends WithData>(protocol: P, csv: NonNullable<ImageData['csv']>): P {
  return { ...protocol, data: { ...protocol.data, csv } };
}

/** As trials have it: equal for the same contents wherever the file is. */
export function byContents(data: ImageData): ImageData {
  if (!data.csv) return data;
  const { sha256, ...csv } = data.csv;
  return { ...data, csv: { ...csv, file: `sha256:${sha256 ?? ''}` } };
}

/** Finds the file of a trial again. */
export function filesOf({ csv }: ImageData): { find(data: ImageData): ImageData } {
  return {
    find(data) {
      if (!data.csv) return data;
      if (csv?.sha256 !== undefined && data.csv.file === `sha256:${csv.sha256}`)
        return { ...data, csv: { ...data.csv, file: csv.file, sha256: csv.sha256 } };
      throw new EigenstudentError(
        'invalid_data',
        `expected the file ${data.csv.file}, which the protocol does not name`,
      );
    },
  };
}
