/** trials/<key>/arrays.safetensors: the results of a trial that are not single numbers. */
import { join } from 'node:path';
import { types } from 'node:util';
import { EigenstudentError } from '../errors.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
  type SafetensorsFile,
} from '../files/safetensors.js';
import { readBytesIfThere } from './read-bytes.js';
import { type RecordHeader, trialFolder } from './record.js';
import { sha256 } from './sha256.js';

/** The content of the arrays or of the checkpoint of a trial. */
export interface TrialTensors {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata?: Readonly<Record<string, string>>;
}

type SealedRecord = Pick<RecordHeader, 'key' | 'arraysSha256'>;

export const arraysFile = 'arrays.safetensors';

/** The file's bytes. */
export function encodeArrays(key: string, { tensors, metadata }: TrialTensors): Buffer {
  return encodeSafetensors(new Map(tensors), { ...metadata, key, schema: '1' });
}

export function arraysPath(directory: string, { key }: Pick<RecordHeader, 'key'>): string {
  return join(trialFolder(directory, key), arraysFile);
}

/**
 * The bytes of a trial's arrays, verified.
 * @throws file_unreadable; file_corrupt when they are missing, or their checksum is not the one in the record
 */
async function readChecked(directory: string, record: SealedRecord): Promise<Buffer> {
  const path = arraysPath(directory, record);
  const bytes = await readBytesIfThere(path);
  if (bytes === undefined)
    throw new EigenstudentError(
      'file_corrupt',
      `${path} is missing: its record expects it, with SHA-256 ${record.arraysSha256}`,
    );
  const received = sha256(bytes);
  if (received === record.arraysSha256) return bytes;
  throw new EigenstudentError(
    'file_corrupt',
    `${path} has changed since it was written: its record expects SHA-256 ${record.arraysSha256}, received ${received}`,
  );
}

/** @throws file_unreadable, file_corrupt unless the arrays exist and match the checksum of the record */
export async function checkArrays(directory: string, record: SealedRecord): Promise<void> {
  await readChecked(directory, record);
}

/** @throws file_unreadable, file_corrupt */
export async function readTensors(directory: string, record: SealedRecord): Promise<SafetensorsFile> {
  return decodeSafetensors(await readChecked(directory, record), arraysPath(directory, record));
}

/** @throws file_corrupt unless there is such a tensor, in float64 */
export function float64(file: SafetensorsFile, name: string, path: string): Float64Array {
  const tensor = file.tensors.get(name);
  if (types.isFloat64Array(tensor?.data)) return tensor.data;
  const received = tensor === undefined ? 'no such tensor' : tensor.dtype;
  throw new EigenstudentError(
    'file_corrupt',
    `${path}: expected tensor ${name} of dtype F64, received ${received}`,
  );
}
