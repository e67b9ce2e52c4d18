// Random choices of one scenario. The seed alone decides them, so that a scenario can be repeated by itself.

/** @param {number} seed non-negative integer */
export function randomOf(seed) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) >>> 0;
  /** mulberry32, in [0, 1) */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return {
    next,
    below,
    /** One of a list. */
    pick: (list) => list[below(list.length)],
    /** True in a share of cases. */
    chance: (share) => next() < share,
  };
}
