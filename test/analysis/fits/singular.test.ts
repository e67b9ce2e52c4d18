import { expect, it } from 'vitest';
import { evaluateFit, fitPowerLaw } from '../../../src/analysis/fits/fit.js';

/** Of pruned students: the last is rounding, and with errors in proportion to y weighs 1e20 times as much as the first. */
const x = [0.6, 0.59, 0.58, 0.57, 0.56, 0.55, 0.54, 0.53, 0.52, 0.51, 0.5];
const y = [
  ...[0.0029655519343831293, 0.0024042862282856897, 0.002089515855452747, 0.001914017405597902],
  ...[0.0014356908355441956, 0.0009618622230355058, 0.0008355500983831962, 0.0003946867685150528],
  ...[0.0002694020520737495, 0.0001226520328693735, 1.1848855396234683e-13],
];

it('is fitted with shorter steps where a full one leads to a singular Jacobian', () => {
  const fit = fitPowerLaw(x, y, { dy: y });
  expect(fit.converged).toBe(true);
  expect(evaluateFit(fit, 0.5)).toBeCloseTo(y.at(-1) as number, 14);
});
