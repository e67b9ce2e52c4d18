import { LRUCache } from 'lru-cache';
import type { Splits } from '../../../data/splits.js';
import { isFromFiles } from '../../../protocol/files/file-data.js';
import { inTurns } from '../../../steps.js';
import type { Teacher } from '../../../teacher/teacher.js';
import { DatasetFiles } from '../files/dataset-files.js';
import { dataKey, type StudentProtocol } from '../protocol/trial.js';
import { drawData, teacherOf } from './draw-data.js';

/** Maximum memory of data that a sweep keeps for other trials; arbitrary, about 80 data sets of the paper. */
const maximumBytes = 256 * 2 ** 20;
/** Maximum number of data sets, for data sets that are smaller than their bookkeeping; arbitrary. */
const maximumCount = 256;

/**
 * Data by (teacher, sizes, seed, trial): all widths and both parametrisations of a trial get the same objects, hence
 * one copy in native memory. The least recently used data are dropped first, and generated again when needed.
 */
export class SharedData {
  readonly #teachers = new Map<string, Teacher>();
  readonly #splits = new LRUCache<string, Splits>({
    max: maximumCount,
    maxSize: maximumBytes,
    // Data that exceed the limit by themselves are kept alone: the trials that share them follow one another.
    sizeCalculation: (splits) => Math.min(sizeOf(splits), maximumBytes),
  });

  /**
   * @param files of the protocol; not needed where it names none
   * @param signal aborting it ends the generation with an error of code 'interrupted'
   */
  constructor(
    readonly files = new DatasetFiles(),
    readonly signal?: AbortSignal,
  ) {}

  /**
   * With their copies in native memory, which take long to create for large data.
   * @throws interrupted; see DatasetFiles; invalid_argument for numbers that the dtype cannot represent
   */
  async of(protocol: StudentProtocol): Promise<Splits> {
    const splits = await this.load(protocol);
    for (const part of [splits.train, splits.validation, splits.test])
      await inTurns(part.nativeSteps(protocol.dtype), this.signal);
    return splits;
  }

  /**
   * In float64.
   * @throws interrupted; see DatasetFiles
   */
  async load(protocol: StudentProtocol): Promise<Splits> {
    const key = dataKey(protocol);
    const kept = this.#splits.get(key);
    if (kept) return kept;
    const splits = await this.#draw(protocol);
    this.#splits.set(key, splits);
    return splits;
  }

  async #draw(protocol: StudentProtocol): Promise<Splits> {
    const teacher = protocol.teacher && (await this.#teacher(protocol.teacher));
    if (isFromFiles(protocol.data)) return this.files.splits(protocol, protocol.data, teacher, this.signal);
    return drawData(teacher as Teacher, protocol, this.signal);
  }

  async #teacher(teacher: NonNullable<StudentProtocol['teacher']>): Promise<Teacher> {
    const key = JSON.stringify(teacher);
    const cached =
      this.#teachers.get(key) ??
      (teacher.kind === 'file' ? await this.files.teacher(teacher) : teacherOf({ teacher }));
    this.#teachers.set(key, cached);
    return cached;
  }
}

/** Bytes of the float64 arrays and of their float32 copy in native memory. */
function sizeOf(splits: Splits): number {
  const { train, validation, test } = splits;
  return [train, validation, test].reduce(
    (bytes, { samples, inputCount, targetCount }) => bytes + samples * (inputCount + targetCount) * (8 + 4),
    0,
  );
}
