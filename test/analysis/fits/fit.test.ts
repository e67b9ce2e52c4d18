import { describe, expect, it } from 'vitest';
import {
  type ExponentialFit,
  evaluateFit,
  fitExponential,
  fitPowerLaw,
  type PowerLawFit,
} from '../../../src/analysis/fits/fit.js';
import { failureOf } from '../../failure.js';
import { normalNumbers } from '../seeded-numbers.js';

/**
 * Numbers from SciPy 1.17:
 *   import numpy as np; from scipy.optimize import curve_fit
 *   x = np.arange(1, 13.); dy = .05 + .01*x
 *   noise = np.array([.3,-.5,.1,.4,-.2,-.6,.5,.2,-.3,.1,-.1,.4])
 *   f = lambda x, a, b, c: c + a*np.exp(-b*x);  h = lambda x, a, b, c: c + a*x**b
 *   exact = dict(ftol=1e-15, xtol=1e-15, gtol=1e-15)
 *   p, cov = curve_fit(f, x, f(x,5,.4,2) + .1*noise, p0=(5,.4,2), **exact)      # 'exponential'
 *   ... sigma=dy, absolute_sigma=True                                          # 'with dy'
 *   curve_fit(f, x, 2 + .01*np.exp(.5*x) + .1*noise, p0=(.01,-.5,2), **exact)   # 'growing'
 *   curve_fit(lambda x,a,b: a*np.exp(-b*x), x, 5*np.exp(-.4*x) + .1*noise, ...) # 'no offset'
 *   curve_fit(lambda x,a,b: a*x**b, x, 3*x**-1.5 + .02*noise, ...)              # 'power law'
 *   curve_fit(h, x, 1 + .5*x**1.7 + noise, p0=(.5,1.7,1), **exact)              # 'power law + offset'
 *   print(p, np.sqrt(np.diag(cov)), sum(((y-model)/dy)**2)/(12-len(p)))
 */
const x = Array.from({ length: 12 }, (_, i) => i + 1);
const dy = x.map((value) => 0.05 + 0.01 * value);
const noise = [0.3, -0.5, 0.1, 0.4, -0.2, -0.6, 0.5, 0.2, -0.3, 0.1, -0.1, 0.4];
const noisy = (curve: (x: number) => number, size: number) =>
  x.map((value, i) => curve(value) + size * (noise[i] as number));
const decaying = noisy((at) => 2 + 5 * Math.exp(-0.4 * at), 0.1);

/** Values and standard errors in the order of the parameters, then reduced chi^2: to 5 digits of a standard error. */
function expectFit(fit: ExponentialFit | PowerLawFit, values: number[], errors: number[], chi: number) {
  if (!fit.converged) throw new Error(fit.reason);
  const estimates = Object.values(fit.parameters);
  expect(estimates.length).toBe(values.length);
  for (const [i, { value, standardError }] of estimates.entries()) {
    const error = errors[i] as number;
    expect(Math.abs(value - (values[i] as number)) / error).toBeLessThan(2e-5);
    // SciPy differentiates numerically
    expect(Math.abs(standardError / error - 1)).toBeLessThan(1e-4);
  }
  expect(Math.abs(fit.reducedChiSquared / chi - 1)).toBeLessThan(1e-6);
}

describe('fitExponential', () => {
  it('gives the parameters, errors and chi^2 of SciPy', () => {
    expectFit(
      fitExponential(x, decaying),
      [5.0385232615480575, 0.4078701290465141, 2.0152250445475053],
      [0.0830222630825088, 0.011542495345999321, 0.02310932924337667],
      0.0015441944489679638,
    );
  });

  it('takes dy as absolute errors', () => {
    expectFit(
      fitExponential(x, decaying, { dy }),
      [5.049979630067932, 0.4107877247608274, 2.0210239744401073],
      [0.14597372723388835, 0.028091663092732904, 0.07776375702098386],
      0.16023383937503538,
    );
  });

  it('finds growth as a negative rate', () => {
    expectFit(
      fitExponential(
        x,
        noisy((at) => 2 + 0.01 * Math.exp(0.5 * at), 0.1),
      ),
      [0.00940544595296049, -0.5057193680505077, 2.0035662331868314],
      [0.0012396509299847833, 0.011055583338854362, 0.01888938496384307],
      0.001494603020353413,
    );
  });

  it('fits without an offset, and then has no such parameter', () => {
    const y = decaying.map((value) => value - 2);
    const fit = fitExponential(x, y, { offset: false });
    expectFit(
      fit,
      [5.023447313080262, 0.4020383440281371],
      [0.0763944409677896, 0.00699256284852987],
      0.0014557311520229255,
    );
    expect(fit.converged && Object.keys(fit.parameters)).toEqual(['amplitude', 'rate']);
  });

  it.each([1e-12, 1, 1e12])('recovers exact curves in units of %s', (unit) => {
    for (const [amplitude, rate, offset] of [
      [3, 0.7, -1],
      [-2, 0.05, 4],
      [0.001, -0.6, 0],
    ] as const) {
      const y = x.map((at) => unit * (offset + amplitude * Math.exp(-rate * at)));
      const fit = fitExponential(
        x.map((at) => at * unit),
        y,
      );
      if (!fit.converged) throw new Error(fit.reason);
      expect(fit.parameters.amplitude.value / unit / amplitude).toBeCloseTo(1, 7);
      expect((fit.parameters.rate.value * unit) / rate).toBeCloseTo(1, 7);
      expect(fit.rSquared).toBeCloseTo(1, 12);
    }
  });

  it('is 1 - residual / variance in goodness', () => {
    const fit = fitExponential(x, decaying);
    const mean = decaying.reduce((total, value) => total + value) / x.length;
    const squares = (curve: (i: number) => number) =>
      decaying.reduce((total, value, i) => total + (value - curve(i)) ** 2, 0);
    const around = squares((i) => evaluateFit(fit, x[i] as number));
    expect(fit.converged && fit.rSquared).toBeCloseTo(1 - around / squares(() => mean), 12);
    expect(fit.converged && fit.degreesOfFreedom).toBe(9);
  });

  it('has standard errors that cover: about 68 % of 400 noisy repetitions lie within one of the truth', () => {
    const normal = normalNumbers(1);
    let covered = 0;
    for (let k = 0; k < 400; ++k) {
      const fit = fitExponential(
        x,
        x.map((at) => 2 + 5 * Math.exp(-0.4 * at) + 0.05 * normal()),
        { dy: x.map(() => 0.05) },
      );
      if (!fit.converged) throw new Error(fit.reason);
      const { value, standardError } = fit.parameters.rate;
      if (Math.abs(value - 0.4) < standardError) ++covered;
    }
    // 400 trials at p = 0.683 have sd 9.3; four of them
    expect(Math.abs(covered - 273)).toBeLessThan(38);
  });
});

describe('fitPowerLaw', () => {
  it('gives the parameters, errors and chi^2 of SciPy', () => {
    const y = noisy((at) => 3 * at ** -1.5, 0.02);
    expectFit(
      fitPowerLaw(x, y),
      [3.004378351363471, -1.503324052843774],
      [0.007380923714648327, 0.0058972537788627355],
      5.607114325938873e-5,
    );
    expectFit(
      fitPowerLaw(x, y, { dy }),
      [3.0051183504712253, -1.5059660983984853],
      [0.05959800116261583, 0.06622364946718079],
      0.005291848461452823,
    );
  });

  it('fits an offset where that is given', () => {
    expectFit(
      fitPowerLaw(
        x,
        noisy((at) => 1 + 0.5 * at ** 1.7, 1),
        { offset: true },
      ),
      [0.47144321203882233, 1.7251244167470288, 1.0902958185271714],
      [0.059130701633262575, 0.04932012149412053, 0.3198516927101412],
      0.15425797395400873,
    );
  });

  it('finds that a constant has exponent 0', () => {
    const fit = fitPowerLaw([1, 2, 3, 4], [7, 7, 7, 7]);
    expect(fit).toMatchObject({ converged: true, rSquared: Number.NaN });
    expect(fit.converged && fit.parameters.exponent.value).toBeCloseTo(0, 9);
    expect(evaluateFit(fit, 100)).toBeCloseTo(7, 7);
  });
});

describe('a fit that is none', () => {
  it.each([
    ['one point', [1], [1], 'too few points: 1 for 3 parameters, at least 4 are needed'],
    [
      'as many points as parameters',
      [1, 2, 3],
      [3, 2, 1.5],
      'too few points: 3 for 3 parameters, at least 4 are needed',
    ],
    ['equal x', [1, 1, 2, 2, 2], [1, 2, 3, 4, 5], 'too few different x: 2 for 3 parameters'],
    [
      'y that is constant but for rounding',
      [1, 2, 3, 4],
      [0.3, 0.1 + 0.2, 0.3, 0.3],
      'y is constant: it fits at every rate',
    ],
    ['constant y', [1, 2, 3, 4], [5, 5, 5, 5], 'y is constant: it fits at every rate'],
    [
      'a straight line',
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
      'the rate runs to 0: the points lie on a straight line as far as they tell',
    ],
    [
      'a step',
      [0, 1, 2, 3, 4],
      [1, 0, 0, 0, 0],
      'the rate runs to infinity: the curve has left its first point before it reaches the second',
    ],
    [
      'mere noise, with a minimum that repels Gauss-Newton steps',
      [89.33, 122.8, 14.44, 10.22, 12.48, 58.92, 43.35, 54.13, 26.87, 90.54],
      [-0.11066, -0.19841, -0.15213, -0.14639, -0.1591, -0.21244, -0.091325, -0.10101, -0.13668, -0.16051],
      'the iteration did not settle on a minimum: the points hardly determine the curve',
    ],
    [
      'a curve far from x = 0',
      [5000, 5001, 5002, 5003, 5004],
      [16, 8, 4, 2, 1],
      'the amplitude at x = 0 is beyond what a number can hold; shift x',
    ],
  ])('returns the reason: %s', (_, at, y, reason) => {
    expect(fitExponential(at, y)).toEqual({ converged: false, form: 'exponential', reason });
  });

  it('names the reason for power laws', () => {
    expect(fitPowerLaw([1, 2], [1, 2])).toEqual({
      converged: false,
      form: 'powerLaw',
      reason: 'too few points: 2 for 2 parameters, at least 3 are needed',
    });
    expect(fitPowerLaw([1, 2, 3], [0, 0, 0])).toMatchObject({ reason: 'y is 0: it fits at every rate' });
  });

  it('has no curve', () => {
    expect(failureOf(() => evaluateFit(fitPowerLaw([1], [1]), 1))).toBe(
      'invalid_argument: expected a fit that converged (this one did not: too few points: 1 for 2 parameters, at ' +
        'least 3 are needed) for evaluateFit, received an object (Object)',
    );
  });
});

describe('bad input', () => {
  it.each([
    [[], 'expected what fitExponential or fitPowerLaw gave for fit, received undefined'],
    [[{}, 1], 'expected what fitExponential or fitPowerLaw gave for fit, received an object (Object)'],
    [[[1, 2], 1], 'expected what fitExponential or fitPowerLaw gave for fit, received an array of length 2'],
    [
      [{ converged: true, form: 'line', parameters: {} }, 1],
      'expected what fitExponential or fitPowerLaw gave for fit, received an object (Object)',
    ],
    [
      [{ converged: true, form: 'exponential', parameters: { amplitude: { value: 1 }, rate: null } }, 1],
      'expected what fitExponential or fitPowerLaw gave for fit, received an object (Object)',
    ],
    [
      [{ ...fitPowerLaw([1, 2, 3, 4], [1, 4, 9, 16]), converged: 'yes' }, 1],
      'expected what fitExponential or fitPowerLaw gave for fit, received an object (Object)',
    ],
    [[fitPowerLaw([1, 2, 3, 4], [1, 4, 9, 16])], 'expected a number for x, received undefined'],
  ])('of evaluateFit is refused: %j', (given, message) => {
    expect(failureOf(() => evaluateFit(...(given as never as Parameters<typeof evaluateFit>)))).toBe(
      `invalid_argument: ${message}`,
    );
  });

  it.each([
    [[], [], {}, 'expected an array of at least one number for x, received an array of length 0'],
    [[1, 2], [1, Number.NaN], {}, 'expected a finite number for y[1], received NaN'],
    [[1, 2], [1], {}, 'expected as many numbers as x has (2) for y, received Float64Array(1)'],
    [[1, 2], [1, 2], { dy: [1] }, 'expected as many numbers as x has (2) for dy, received Float64Array(1)'],
    [[1, 2], [1, 2], { dy: [1, 0] }, 'expected a number above 0 for dy[1], received 0'],
    [[1, 2], [1, 2], { offset: 1 as never }, 'expected true or false for offset, received 1'],
    [[1, 2], [1, 2], { sigma: [1] } as never, 'unknown option "sigma" in fitExponential; known: dy, offset'],
  ])('is refused: x %j, y %j, %j', (at, y, options, message) => {
    expect(failureOf(() => fitExponential(at, y, options))).toBe(`invalid_argument: ${message}`);
  });

  it('is refused: x of a power law that is not above 0', () => {
    expect(failureOf(() => fitPowerLaw([1, 0, 3], [1, 2, 3]))).toBe(
      'invalid_argument: expected a number above 0 for x[1], received 0. Fit the points on one side of 0',
    );
  });
});
