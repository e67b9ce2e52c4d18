import type { Splits } from '../../data/splits.js';
import type { Teacher } from '../../teacher/teacher.js';
import { dataKey, type TrialProtocol } from '../protocol/trials.js';
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
  readonly #splits = new Map<string, Splits>();
  #bytes = 0;

  async of(protocol: TrialProtocol): Promise<Splits> {
    const key = dataKey(protocol);
    const splits = this.#splits.get(key) ?? (await this.#draw(protocol));
    this.#bytes -= this.#splits.delete(key) ? sizeOf(splits) : 0;
    this.#splits.set(key, splits); // at the end: Map keeps the order of insertion
    this.#bytes += sizeOf(splits);
    for (const [oldest, forgotten] of this.#splits) {
      const fits = this.#bytes <= maximumBytes && this.#splits.size <= maximumCount;
      if (fits || oldest === key) break;
      this.#splits.delete(oldest);
      this.#bytes -= sizeOf(forgotten);
    }
    return splits;
  }

  async #draw(protocol: TrialProtocol): Promise<Splits> {
    const key = JSON.stringify(protocol.teacher);
    const teacher = this.#teachers.get(key) ?? teacherOf(protocol);
    this.#teachers.set(key, teacher);
    return drawData(teacher, protocol);
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

/** Variance of all targets: the loss of the best constant answer. */
export function variance(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; ++i) sum += values[i] as number;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; ++i) squares += ((values[i] as number) - mean) ** 2;
  return squares / values.length;
}
