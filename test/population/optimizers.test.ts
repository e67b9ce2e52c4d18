import { describe, expect, it } from 'vitest';
import {
  adam,
  adamW,
  checkOptimizer,
  constant,
  cosine,
  type Optimizer,
  sgd,
  stepDecay,
} from '../../src/population/optimizers.js';
import { failureOf } from '../failure.js';

describe('optimizers', () => {
  it('have documented defaults', () => {
    expect(adam({ learningRate: 0.5 })).toMatchObject({
      kind: 'adam',
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
      learningRate: { kind: 'constant', base: 0.5, warmup: 0 },
    });
    expect(adamW({ learningRate: 1 })).toMatchObject({ kind: 'adamW', weightDecay: 0.01, epsilon: 1e-7 });
    expect(sgd({ learningRate: 1 })).toMatchObject({ kind: 'sgd', momentum: 0, nesterov: false });
  });

  it('keep the given values', () => {
    expect(sgd({ learningRate: 1, momentum: 0.5, nesterov: true })).toMatchObject({
      momentum: 0.5,
      nesterov: true,
    });
    expect(adamW({ learningRate: 1, beta1: 0.1, beta2: 0.2, epsilon: 0.3, weightDecay: 0.4 })).toMatchObject({
      beta1: 0.1,
      beta2: 0.2,
      epsilon: 0.3,
      weightDecay: 0.4,
    });
  });

  it.each<[string, Optimizer]>([
    ['sgd', sgd({ learningRate: stepDecay(1, { every: 2, factor: 0.5 }), momentum: 0.9, nesterov: true })],
    ['adam', adam({ learningRate: cosine(1, { total: 9, minimum: 0.1, warmup: 2 }), beta1: 0.8 })],
    ['adamW', adamW({ learningRate: constant(1, { warmup: 3 }), weightDecay: 0.5 })],
  ])('%s survives its own check', (_, optimizer) => {
    expect(checkOptimizer('optimizer', JSON.parse(JSON.stringify(optimizer)))).toEqual(optimizer);
  });
});

describe('schedules', () => {
  it('are converted to the form of native code', () => {
    expect(stepDecay(1, { every: 10, factor: 0.5, warmup: 2 })).toMatchObject({
      kind: 'step',
      base: 1,
      every: 10,
      factor: 0.5,
      warmup: 2,
    });
    expect(cosine(1, { total: 10 })).toMatchObject({ kind: 'cosine', base: 1, total: 10, minimum: 0 });
  });
});

describe('what they refuse', () => {
  it.each<[string, () => unknown, string]>([
    [
      'no rate',
      () => adam({} as never),
      'expected a number or a schedule made by constant(), stepDecay() or cosine() for learningRate of adam, received undefined',
    ],
    [
      'a negative rate',
      () => sgd({ learningRate: -1 }),
      'expected a finite number of at least 0 for learningRate of sgd, received -1',
    ],
    [
      'a rate of NaN',
      () => sgd({ learningRate: Number.NaN }),
      'expected a finite number of at least 0 for learningRate of sgd, received NaN',
    ],
    [
      'beta1 of 1',
      () => adam({ learningRate: 1, beta1: 1 }),
      'expected a number from 0 to below 1 for beta1 of adam, received 1',
    ],
    [
      'beta2 of -0.1',
      () => adamW({ learningRate: 1, beta2: -0.1 }),
      'expected a number from 0 to below 1 for beta2 of adamW, received -0.1',
    ],
    [
      'epsilon of 0',
      () => adam({ learningRate: 1, epsilon: 0 }),
      'expected a finite number of at least 1e-30 for epsilon of adam, received 0',
    ],
    [
      'a negative decay',
      () => adamW({ learningRate: 1, weightDecay: -1 }),
      'expected a finite number of at least 0 for weightDecay of adamW, received -1',
    ],
    [
      'nesterov without momentum',
      () => sgd({ learningRate: 1, nesterov: true }),
      'expected a positive momentum with nesterov for momentum of sgd, received 0',
    ],
    [
      'nesterov of 1',
      () => sgd({ learningRate: 1, nesterov: 1 as never }),
      'expected true or false for nesterov of sgd, received 1',
    ],
    [
      "another's option",
      () => adam({ learningRate: 1, momentum: 0.9 } as never),
      'unknown option "momentum" in adam; known: learningRate, beta1, beta2, epsilon',
    ],
    [
      'a misspelt option',
      () => adam({ learningrate: 1 } as never),
      'unknown option "learningrate" in adam; known: learningRate, beta1, beta2, epsilon. Did you mean "learningRate"?',
    ],
    [
      'decay every 0 epochs',
      () => stepDecay(1, { every: 0, factor: 1 }),
      'expected a positive number for every of stepDecay, received 0',
    ],
    [
      'no factor',
      () => stepDecay(1, { every: 1 } as never),
      'expected a finite number of at least 0 for factor of stepDecay, received undefined',
    ],
    [
      'a cosine without end',
      () => cosine(1, { total: Infinity }),
      'expected a finite number of at least 0 for total of cosine, received Infinity',
    ],
    [
      'a negative warmup',
      () => constant(1, { warmup: -1 }),
      'expected a finite number of at least 0 for warmup of learningRate, received -1',
    ],
    [
      'a schedule of no kind',
      () => adam({ learningRate: { kind: 'linear' } as never }),
      'expected a number or a schedule made by constant(), stepDecay() or cosine() for learningRate of adam, received an object (Object)',
    ],
    [
      'an optimizer that is a name',
      () => checkOptimizer('optimizer of student 2', 'adam'),
      'expected an optimizer made by sgd(), adam() or adamW() for optimizer of student 2, received "adam"',
    ],
    [
      'an optimizer of no kind',
      () => checkOptimizer('optimizer', { ...adam({ learningRate: 1 }), kind: 'lamb' }),
      'expected an optimizer made by sgd(), adam() or adamW() for optimizer, received an object (Object)',
    ],
    [
      'a weight decay with adam, which has none',
      () => checkOptimizer('optimizer', { ...adam({ learningRate: 1 }), weightDecay: 0.1 }),
      'expected no value, or 0, for weightDecay of adam, received 0.1. Of the kinds, adamW uses it',
    ],
    [
      'a beta1 with sgd',
      () => checkOptimizer('optimizer', { ...sgd({ learningRate: 1 }), beta1: 0.8 }),
      'expected no value, or 0.9, for beta1 of sgd, received 0.8. Of the kinds, adam and adamW use it',
    ],
    [
      'an unknown number with sgd',
      () => checkOptimizer('optimizer', { ...sgd({ learningRate: 1 }), momentun: 0.8 } as never),
      'unknown option "momentun" in sgd; known: momentum, nesterov, beta1, beta2, epsilon, weightDecay. ' +
        'Did you mean "momentum"?',
    ],
    [
      'steps of a constant rate',
      () => adam({ learningRate: { ...constant(1), every: 5 } }),
      'expected no value, or 1, for every of constant, received 5. Of the kinds, step uses it',
    ],
    [
      'an unknown number of a schedule',
      () => adam({ learningRate: { ...cosine(1, { total: 5 }), minimun: 0.1 } as never }),
      'unknown option "minimun" in cosine; known: every, factor, total, minimum. Did you mean "minimum"?',
    ],
    [
      'no optimizer',
      () => checkOptimizer('optimizer', undefined),
      'expected an optimizer made by sgd(), adam() or adamW() for optimizer, received undefined',
    ],
  ])('refuses %s', (_, make, message) => {
    expect(failureOf(make)).toBe(`invalid_argument: ${message}`);
  });
});
