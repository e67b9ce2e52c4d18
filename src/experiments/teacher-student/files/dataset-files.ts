import { normalizeSplitsSteps } from '../../../data/normalization.js';
import { type Splits, splitDataSteps } from '../../../data/splits.js';
import { checkHash } from '../../../files/file-hash.js';
import { Dataset } from '../../../network/dataset.js';
import { Network } from '../../../network/network.js';
import { canonicalJson } from '../../../protocol/canonical-json.js';
import {
  type FileData,
  isFromFiles,
  mapPaths,
  pathsOf,
  testSize,
} from '../../../protocol/files/file-data.js';
import { type LoadedData, loadFiles } from '../../../protocol/files/load.js';
import { inTurns, unlessInterrupted } from '../../../steps.js';
import { Teacher } from '../../../teacher/teacher.js';
import type { FileTeacher } from '../protocol/file-teacher.js';
import type { Protocol } from '../protocol/schema.js';
import { dataTrial, type StudentProtocol } from '../protocol/trial.js';

const prefix = 'sha256:';

/** Finds the files of a protocol by their contents: a trial contains their hashes alone. */
export class DatasetFiles {
  /** Path by SHA-256. */
  readonly #paths = new Map<string, string>();
  /** The data read last: trials of one protocol share their files. */
  #loaded: { readonly name: string; readonly data: Promise<LoadedData> } | undefined;

  /** @param protocol whose files have been inspected */
  constructor({ teacher, data }: Partial<Pick<Protocol, 'teacher' | 'data'>> = {}) {
    const { kind, path, sha256 } = (teacher ?? {}) as Partial<FileTeacher>;
    if (kind === 'file' && path && sha256) this.#paths.set(sha256, path);
    if (data && isFromFiles(data))
      for (const [file, hash] of Object.entries((data as FileData).files ?? {})) this.#paths.set(hash, file);
  }

  /**
   * The network in a file, frozen.
   * @throws invalid_data when the file has changed; as Network.load
   */
  async teacher({ path }: FileTeacher): Promise<Teacher> {
    return Teacher.from(await Network.load(await this.#unchanged(path)));
  }

  /**
   * The samples of a trial in their parts, normalised.
   * @param teacher labels the samples; absent: the labels are those in the files
   * @param signal aborting it ends the work with an error of code 'interrupted'; a file that is being read is read to
   *   its end
   * @throws interrupted; invalid_data when a file has changed; as the readers
   */
  async splits(
    protocol: StudentProtocol,
    data: FileData,
    teacher?: Teacher,
    signal?: AbortSignal,
  ): Promise<Splits> {
    const { data: samples, test } = await unlessInterrupted(this.#load(data), signal);
    const splitting = splitDataSteps(samples, {
      validation: data.validation,
      test: test ?? (testSize(data) as number),
      seed: protocol.seed,
      trial: dataTrial(protocol),
      stratified: data.stratified,
    });
    const normal = await inTurns(
      normalizeSplitsSteps(await inTurns(splitting, signal), data.normalize),
      signal,
    );
    if (!teacher) return normal;
    return {
      train: await labelledBy(teacher, normal.train, signal),
      validation: await labelledBy(teacher, normal.validation, signal),
      test: await labelledBy(teacher, normal.test, signal),
    };
  }

  #load(data: FileData): Promise<LoadedData> {
    const name = canonicalJson(mapPaths({ ...data, validation: 0.1, normalize: 'none' }, (path) => path));
    if (this.#loaded?.name === name) return this.#loaded.data;
    const loading = this.#read(data);
    this.#loaded = { name, data: loading };
    return loading;
  }

  async #read(data: FileData): Promise<LoadedData> {
    const paths = new Map<string, string>();
    for (const path of pathsOf(data)) paths.set(path, await this.#unchanged(path));
    return loadFiles(mapPaths(data, (path) => paths.get(path) as string));
  }

  async #unchanged(named: string): Promise<string> {
    const hash = named.slice(prefix.length);
    const path = this.#paths.get(hash);
    if (path === undefined) throw new TypeError(`no file of the protocol has SHA-256 ${hash}`);
    await checkHash(path, hash);
    return path;
  }
}

async function labelledBy(
  teacher: Teacher,
  { inputs, inputCount, inputShape }: Dataset,
  signal: AbortSignal | undefined,
): Promise<Dataset> {
  const targets = await teacher.label(inputs, signal);
  return inTurns(Dataset.createSteps({ inputs, inputCount, inputShape, targets }), signal);
}
