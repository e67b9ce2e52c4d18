import { allocateBytes } from './byte-source.js';

/** An array of numbers whose final length is not known in advance. */
export class GrowingNumbers {
  #numbers: Float64Array = new Float64Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#numbers.length) {
      const room = new Float64Array(allocateBytes(16 * this.#length, 'a table').buffer);
      room.set(this.#numbers);
      this.#numbers = room;
    }
    this.#numbers[this.#length] = value;
    this.#length += 1;
  }

  /** A copy without spare capacity. */
  toArray(): Float64Array {
    return this.#numbers.slice(0, this.#length);
  }
}
