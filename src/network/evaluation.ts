/** The result of evaluating a network on a data set. */
export interface Evaluation {
  /** Data loss, without penalty. */
  readonly loss: number;
  /**
   * Fraction of samples whose largest output is the class. Of a network that ends in one sigmoid unit, on targets that are 0 or
   * 1: fraction of samples whose output is above 0.5 where the target is 1, and not where it is 0. Otherwise NaN.
   */
  readonly accuracy: number;
}

/** @param numbers of NativePopulation.evaluate, [sets][students][2] */
export function evaluationsOf(numbers: Float64Array, sets: number, students: number): Evaluation[][] {
  const at = (q: number): Evaluation => ({
    loss: numbers[2 * q] as number,
    accuracy: numbers[2 * q + 1] as number,
  });
  return Array.from({ length: sets }, (_, set) =>
    Array.from({ length: students }, (_, i) => at(set * students + i)),
  );
}
