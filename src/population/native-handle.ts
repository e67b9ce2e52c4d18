import { EigenstudentError } from '../errors.js';
import type { NativePopulation } from '../native/addon.js';

/** @internal Guards a native population: `ready()` returns it only when it is neither disposed nor busy. */
export class NativeHandle {
  #disposed = false;

  constructor(private readonly native: NativePopulation) {}

  get busy(): boolean {
    return !this.#disposed && this.native.busy;
  }

  get engine(): string {
    return this.native.engine;
  }

  get bytes(): number {
    return this.native.bytes;
  }

  stepsNow(): readonly number[] | null {
    const steps = this.#disposed ? null : this.native.stepsNow();
    return steps && [...steps];
  }

  /**
   * @param what the method that is called, for the message
   * @throws population_disposed, population_busy
   */
  ready(what: string): NativePopulation {
    if (this.#disposed) {
      throw new EigenstudentError(
        'population_disposed',
        `expected a population for ${what}, received one whose dispose() has been called`,
      );
    }
    if (this.native.busy) {
      throw new EigenstudentError(
        'population_busy',
        `expected an idle population for ${what}, received one at work. Await its pending call first, or end it with stop()`,
      );
    }
    return this.native;
  }

  stop(): void {
    if (!this.#disposed) this.native.stop();
  }

  dispose(): void {
    this.#disposed = true;
    this.native.dispose();
  }
}
