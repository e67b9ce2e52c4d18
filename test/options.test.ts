import { describe, expect, it } from 'vitest';
import { flag, positiveInteger } from '../src/arguments.js';
import {
  amongst,
  bareOptionsCheck,
  called,
  numberFrom,
  type OptionsOf,
  optional,
  optionsCheck,
  required,
} from '../src/options.js';

const checkBrew = optionsCheck({
  minutes: required(positiveInteger),
  strength: optional(numberFrom(0, 1), 0.5),
  milk: optional(flag),
  cup: called('the cup', optional(amongst(['small', 'large']), 'small')),
  sugar: optional(bareOptionsCheck({ lumps: required(positiveInteger) })),
});
interface BrewOptions extends OptionsOf<typeof checkBrew> {}

const brew = (options: BrewOptions) => checkBrew('brew', options);

describe('options', () => {
  it('are given back with their defaults', () => {
    expect(brew({ minutes: 3 })).toStrictEqual({
      minutes: 3,
      strength: 0.5,
      milk: undefined,
      cup: 'small',
      sugar: undefined,
    });
    expect(brew({ minutes: 3, strength: 1, milk: false, cup: 'large', sugar: { lumps: 2 } })).toStrictEqual({
      minutes: 3,
      strength: 1,
      milk: false,
      cup: 'large',
      sugar: { lumps: 2 },
    });
  });

  it('are refused by their names and by what they are', () => {
    // @ts-expect-error: minutes is no option that may be left out
    expect(() => brew({})).toThrow('expected a positive integer for minutes of brew, received undefined');
    // @ts-expect-error: there is no such option
    expect(() => brew({ minutes: 3, mlk: true })).toThrow(/^unknown option "mlk" in brew; .*mean "milk"\?$/);
    // @ts-expect-error: no flag
    expect(() => brew({ minutes: 3, milk: 1 })).toThrow(
      'expected true or false for milk of brew, received 1',
    );
    // @ts-expect-error: not among the names
    expect(() => brew({ minutes: 3, cup: 'smal' })).toThrow(/for the cup, received "smal"\. Did you mean/);
    expect(() => brew({ minutes: 3, sugar: { lumps: 0 } })).toThrow('for lumps, received 0');
    expect(() => checkBrew('brew', null)).toThrow('expected an object of options for brew, received null');
  });
});
