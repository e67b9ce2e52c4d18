import { LRUCache } from 'lru-cache';
import type { Splits } from '../../../data/splits.js';
import { inTurns } from '../../../steps.js';
import type { Teacher } from '../../../teacher/teacher.js';
import { DatasetFiles } from '../files/dataset-files.js';
import { isFromFiles } from '../protocol/file-data.js';
import { dataKey, type StudentProtocol } from '../protocol/trial.js';
import { drawData, teacherOf } from './draw-data.js';

/** What a sweep may keep of data that other trials may ask for again; arbitrary, some 80 data sets of the paper. */
const maximumBytes = 256 * 2 ** 20;
/** Of data sets, for those so small that what they are kept in is larger than they are; arbitrary. */
const maximumCount = 256;

/**
 * Data by (teacher, sizes, seed, trial): all widths and both parametrisations of a trial get the same objects, hence
 * one copy in native memory. What was asked for longest ago is forgotten first, and drawn again if need be.
 */
export class SharedData {
  readonly #teachers = new Map<string, Teacher>();
  readonly #splits = new LRUCache<string, Splits>({
    max: maximumCount,
    maxSize: maximumBytes,
    // What is larger than all that may be kept is kept alone: the trials that share it come one after another.
    sizeCalculation: (splits) => Math.min(sizeOf(splits), maximumBytes),
  });

  /**
   * @param files of the protocol; not needed where it names none
   * @param signal aborting it ends what is being made with an error of code 'interrupted'
   */
  constructor(
    readonly files = new DatasetFiles(),
    readonly signal?: AbortSignal,
  ) {}

  /**
   * With their copies in native memory, which take as long to make as large data do.
   * @throws interrupted; see DatasetFiles; invalid_argument for numbers that the dtype cannot hold
   */
  async of(protocol: StudentProtocol): Promise<Splits> {
    const splits = await this.load(protocol);
    for (const part of [splits.train, splits.validation, splits.test])
      await inTurns(part.nativeSteps(protocol.dtype), this.signal);
    return splits;
  }

  /** In float64. @throws interrupted; see DatasetFiles */
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
    const known =
      this.#teachers.get(key) ??
      (teacher.kind === 'file' ? await this.files.teacher(teacher) : teacherOf({ teacher }));
    this.#teachers.set(key, known);
    return known;
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
