/** Random numbers for tests that need no addon: a linear congruence modulo 2^32 (Numerical Recipes). Uniform in [0, 1). */
export function uniformNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Nearly normal, of variance 1: twelve uniforms. */
export function normalNumbers(seed: number): () => number {
  const uniform = uniformNumbers(seed);
  return () => Array.from({ length: 12 }, uniform).reduce((total, value) => total + value) - 6;
}
