/** Options of functions: each declared once, with its check and its default. */
import { finiteNumber, invalid, knownKeys, oneOf } from './arguments.js';

/** A check of one value: gives it back with its type, or throws an error that says where it stands. */
export type Check<Value> = (where: string, value: unknown) => Value;

declare const mayBeAbsent: unique symbol;
/** That of an option that may be left out: made by optional(). */
export type OptionalCheck<Value> = Check<Value> & { readonly [mayBeAbsent]: true };

/** The checks of all options of an interface: no option may be missing here, and which of them may be left out must agree. */
export type Checks<Options> = {
  readonly [Name in keyof Options]-?: undefined extends Options[Name]
    ? OptionalCheck<Options[Name]>
    : Check<Options[Name]>;
};

/** What comes of a check, defaults written out. */
export type Checked<Of> = Of extends Check<infer Value> ? Value : never;

/**
 * Declares the options of an interface: `const check = optionsCheck({ every: optional(positiveInteger, 50), ... } satisfies
 * Checks<TrainOptions>)`. Then `check('train', given)` refuses other names, checks each value and fills in the defaults. It is a
 * check itself, for options in options.
 * @param label how a message names an option
 */
export function optionsCheck<Each extends Readonly<Record<string, Check<unknown>>>>(
  checks: Each,
  label = (name: string, where: string) => `${name} of ${where}`,
): Check<{ readonly [Name in keyof Each]: Checked<Each[Name]> }> {
  const names = Object.keys(checks);
  return (where, value) => {
    knownKeys(where, value as object, names);
    const given = value as Readonly<Record<string, unknown>>;
    const checked = (name: string) => checks[name]?.(label(name, where), given[name]);
    return Object.fromEntries(names.map((name) => [name, checked(name)])) as never;
  };
}

/** For options that messages name without the function that takes them. */
export const byName = (name: string) => name;

/** What passes the check; where there is nothing, the default. */
export function optional<Value>(check: Check<Value>): OptionalCheck<Value | undefined>;
export function optional<Value>(check: Check<Value>, byDefault: Value): OptionalCheck<Value>;
export function optional<Value>(check: Check<Value>, byDefault?: Value): OptionalCheck<Value | undefined> {
  const checkGiven: Check<Value | undefined> = (where, value) =>
    value === undefined ? byDefault : check(where, value);
  return checkGiven as OptionalCheck<Value | undefined>;
}

/** The check with another name in its messages. */
export function called<Value>(where: string, check: OptionalCheck<Value>): OptionalCheck<Value>;
export function called<Value>(where: string, check: Check<Value>): Check<Value>;
export function called<Value>(where: string, check: Check<Value>): Check<Value> {
  return (_, value) => check(where, value);
}

/** Of an option that is checked later, with what else is known then. */
export function unchecked<Value>(): OptionalCheck<Value> {
  return ((_where, value) => value) as OptionalCheck<Value>;
}

/** A function, or none. */
export function callback<Call>(): OptionalCheck<Call> {
  return optional((where, value) => {
    if (typeof value !== 'function') throw invalid(where, 'a function', value);
    return value as Call;
  }) as OptionalCheck<Call>;
}

/** finiteNumber() with these bounds. */
export function numberFrom(minimum: number, maximum = Infinity): Check<number> {
  return (where, value) => finiteNumber(where, value, minimum, maximum);
}

/** oneOf() these. */
export function amongst<const Name extends string>(names: readonly Name[]): Check<Name> {
  return (where, value) => oneOf(where, value, names);
}
