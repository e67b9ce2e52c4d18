import { arrayOfObjects, finiteNumber, oneOf } from '../../arguments.js';

/**
 * Changes of a hidden node's weights, w in and v out, that do not change v f(w . x). They depend on f: the
 * table of the activations is in src/network/activation-symmetry.ts.
 */
export interface NodeSymmetry {
  /** 'odd': f(-z) = -f(z), so that (-w, -v) is the same node; 'even': f(-z) = f(z), so that (-w, v) is; 'none': neither. */
  readonly parity: 'odd' | 'even' | 'none';
  /** k where f(a z) = a^k f(z) for every a > 0, so that (a w, v / a^k) is the same node; null where there is no such k. */
  readonly degree: number | null;
}

/**
 * Whether the direction of a node is known up to its sign only, in one of two networks that are compared.
 * @throws invalid_argument for a value that is not a symmetry
 */
export function signIsFree(...symmetries: readonly NodeSymmetry[]): boolean {
  arrayOfObjects('symmetries', 'an array of symmetries', 'a symmetry { parity, degree }', symmetries);
  for (const [i, { parity, degree }] of symmetries.entries()) {
    oneOf(`parity of symmetries[${i}]`, parity, ['odd', 'even', 'none']);
    if (degree !== null) finiteNumber(`degree of symmetries[${i}]`, degree);
  }
  return symmetries.some(({ parity }) => parity !== 'none');
}
