/** Answers of a network on a data set. */
export interface Evaluation {
  /** Data loss, without penalty. */
  readonly loss: number;
  /** Fraction of samples whose largest output is the class; NaN without classes. */
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
