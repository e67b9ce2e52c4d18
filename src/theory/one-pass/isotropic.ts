/** The equations on R = 0, Q = q I with an orthonormal teacher (T = I): norm learning, the plateau and the way out of it. */

export interface Isotropic {
  readonly p: number;
  readonly pStar: number;
  /** eta of the reduced problem. */
  readonly eta: number;
  /** Whether the terms of eta^2 are there. */
  readonly noise: boolean;
  readonly spherical: boolean;
}

/** dq / d alpha of free rows. */
export function normChange({ p, pStar, eta, noise }: Isotropic, q: number): number {
  const tau = p * q - pStar;
  const drift = -4 * eta * q * (tau + 2 * q);
  if (!noise) return drift;
  const s2 = p * q ** 2 + pStar;
  return drift + 4 * eta ** 2 * q * (tau ** 2 + 2 * s2 + 4 * tau * q + 8 * q ** 2);
}

/** kappa of dR = kappa R d alpha. */
export function growth(problem: Isotropic, q: number): number {
  const free = -2 * problem.eta * (problem.p * q - problem.pStar + 2 * q - 2);
  return problem.spherical ? free - normChange(problem, q) / (2 * q) : free;
}

/** N d E[R_im^2] / d alpha by the noise of the steps: 4 eta^2 E[delta^2 l_i^2 n_m^2]. */
export function noiseOf({ p, pStar, eta }: Isotropic, q: number): number {
  const moments = q ** 2 * (p + 2) * (p + 4) - 2 * q * (p + 2) * (pStar + 2) + (pStar + 2) * (pStar + 4);
  return 4 * eta ** 2 * q * moments;
}

export function isotropicLoss(p: number, pStar: number, q: number): number {
  return (p * q - pStar) ** 2 / 2 + p * q ** 2 + pStar;
}

/**
 * Norms q at which free rows stay on R = 0: the roots of eta (p+2)(p+4) q^2 - (p+2)(1 + 2 eta p*) q + p* + eta p* (p* + 2) = 0, the
 * attracting smaller one and the larger one beyond which norms grow without bound. Undefined where there are none.
 */
export function plateauRoots({ p, pStar, eta, noise }: Isotropic): readonly [number, number] | undefined {
  if (!noise) return [pStar / (p + 2), Infinity];
  const a = eta * (p + 2) * (p + 4);
  const half = ((p + 2) * (1 + 2 * eta * pStar)) / 2;
  const c = pStar + eta * pStar * (pStar + 2);
  const discriminant = half ** 2 - a * c;
  if (discriminant < 0) return undefined;
  const sum = half + Math.sqrt(discriminant);
  return [c / sum, a === 0 ? Infinity : sum / a];
}

/** Below which eta the solution is stable, and below which the plateau exists. */
export function rateLimits(
  p: number,
  pStar: number,
): { readonly solution: number; readonly plateau: number } {
  const a = 8 * pStar * (p + pStar + 4);
  const half = 4 * pStar;
  return { solution: 1 / (2 * (pStar + 2)), plateau: (p + 2) / (half + Math.sqrt(half ** 2 + a * (p + 2))) };
}
