export interface Minimum {
  readonly point: number[];
  readonly value: number;
  /** Whether the simplex has shrunk to the tolerance, rather than run out of evaluations. */
  readonly converged: boolean;
  readonly evaluations: number;
}

interface Vertex {
  readonly point: number[];
  readonly value: number;
}

/** Relative size of the simplex, in its point and in its value, at which the search ends; arbitrary. */
const tolerance = 1e-8;
const evaluationsPerParameter = 500;

/**
 * A local minimum by the downhill simplex of Nelder and Mead (Computer Journal 7, 308, 1965) in the form of Lagarias et al.
 * (SIAM J. Optim. 9, 112, 1998). Values may be Infinity where the function is not defined.
 * @param start [p]
 * @param steps [p], not 0: edges of the first simplex
 */
export function nelderMead(
  objective: (point: readonly number[]) => number,
  start: readonly number[],
  steps: readonly number[],
): Minimum {
  let evaluations = 0;
  const at = (point: number[]): Vertex => {
    ++evaluations;
    const value = objective(point);
    return { point, value: Number.isNaN(value) ? Infinity : value };
  };
  let simplex = [at([...start]), ...steps.map((step, k) => at(start.with(k, (start[k] as number) + step)))];
  let converged = false;
  while (!converged && evaluations < evaluationsPerParameter * start.length) {
    simplex = simplex.toSorted((a, b) => (a.value === b.value ? 0 : a.value - b.value));
    converged = isSmall(simplex);
    if (!converged) simplex = moved(simplex, at);
  }
  const best = simplex.reduce((least, vertex) => (vertex.value < least.value ? vertex : least));
  return { ...best, converged, evaluations };
}

/** One step. simplex: [p + 1], sorted by value */
function moved(simplex: readonly Vertex[], at: (point: number[]) => Vertex): Vertex[] {
  const kept = simplex.slice(0, -1);
  const [best, nextToWorst] = [kept[0] as Vertex, kept.at(-1) as Vertex];
  const worst = simplex.at(-1) as Vertex;
  const centre = worst.point.map(
    (_, k) => kept.reduce((total, { point }) => total + (point[k] as number), 0) / kept.length,
  );
  /** 1 is the reflection of the worst vertex in the centre, -1 the worst itself. */
  const along = (distance: number) =>
    at(centre.map((value, k) => value + distance * (value - (worst.point[k] as number))));
  const reflected = along(1);
  if (reflected.value < best.value) {
    const expanded = along(2);
    return [...kept, expanded.value < reflected.value ? expanded : reflected];
  }
  if (reflected.value < nextToWorst.value) return [...kept, reflected];
  const contracted = along(reflected.value < worst.value ? 0.5 : -0.5);
  if (contracted.value < Math.min(reflected.value, worst.value)) return [...kept, contracted];
  const towardsBest = (point: number[]) => point.map((value, k) => (value + (best.point[k] as number)) / 2);
  return [best, ...simplex.slice(1).map(({ point }) => at(towardsBest(point)))];
}

/** simplex: sorted by value */
function isSmall(simplex: readonly Vertex[]): boolean {
  const [best, ...others] = simplex as [Vertex, ...Vertex[]];
  const near = (a: number, b: number) => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a));
  return others.every(
    ({ point, value }) =>
      near(best.value, value) && point.every((one, k) => near(best.point[k] as number, one)),
  );
}
