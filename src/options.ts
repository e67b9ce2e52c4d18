/** Options of functions: each declared once, with its documentation, its type, its check and its default. */
import { finiteNumber, invalid, knownKeys, oneOf } from './arguments.js';

/**
 * A check of one value: gives it back with its type, or throws an error that says where it stands.
 * @internal
 */
export type Check<Value> = (where: string, value: unknown) => Value;

declare const given: unique symbol;
/**
 * The check of an option, and what callers may write, which the check may turn into something else.
 * @internal
 */
export type RequiredOption<Value, Given> = Check<Value> & { readonly [given]: { readonly value: Given } };
/** @internal */
export type OptionalOption<Value, Given> = Check<Value> & { readonly [given]: { readonly value?: Given } };

/** @internal */
export type OptionsCheck<Each> = Check<Checked<Each>> & { readonly each: Each };

/**
 * What comes of the checks, defaults written out.
 * @internal
 */
export type Checked<Each> = {
  readonly [Name in keyof Each]: Each[Name] extends Check<infer Value> ? Value : never;
};

/**
 * What callers write: `export interface TrainOptions extends OptionsOf<typeof checkOptions> {}`. The comments on the options are
 * theirs, in editors, in the declarations and in the reference.
 * @internal
 */
export type OptionsOf<Of extends { readonly each: unknown }> = Given<Of['each']>;
type Given<Each> = {
  readonly [Name in keyof Each as Name extends RequiredNames<Each> ? Name : never]: GivenOf<Each[Name]>;
} & {
  readonly [Name in keyof Each as Name extends RequiredNames<Each> ? never : Name]?: GivenOf<Each[Name]>;
};
/** @internal */
type RequiredNames<Each> = {
  [Name in keyof Each]: Each[Name] extends RequiredOption<unknown, unknown> ? Name : never;
}[keyof Each];
/** @internal */
type GivenOf<Option> = Option extends { readonly [given]: { readonly value?: infer Value } } ? Value : never;

/**
 * Declares options: `const checkOptions = optionsCheck({ every: optional(positiveInteger, 50), ... })`, of which
 * `checkOptions('train', options)` refuses other names, checks each value and fills in the defaults.
 * @param label how a message names an option
 */
export function optionsCheck<Each extends Readonly<Record<string, Check<unknown>>>>(
  each: Each,
  label = (name: string, where: string) => `${name} of ${where}`,
): OptionsCheck<Each> {
  const names = Object.keys(each);
  const check = (where: string, value: unknown) => {
    knownKeys(where, value as object, names);
    const options = value as Readonly<Record<string, unknown>>;
    const checked = (name: string) => each[name]?.(label(name, where), options[name]);
    return Object.fromEntries(names.map((name) => [name, checked(name)])) as Checked<Each>;
  };
  return Object.assign(check, { each });
}

/** The same for options that messages name without the function that takes them. */
export function bareOptionsCheck<Each extends Readonly<Record<string, Check<unknown>>>>(each: Each) {
  return optionsCheck(each, (name) => name);
}

export function required<Value, Given = Value>(check: Check<Value>): RequiredOption<Value, Given> {
  return check as RequiredOption<Value, Given>;
}

/** An option with a default, or with none: undefined. */
export function optional<Value, Given = Value>(check: Check<Value>): OptionalOption<Value | undefined, Given>;
export function optional<Value, Given = Value>(
  check: Check<Value>,
  byDefault: Value,
): OptionalOption<Value, Given>;
export function optional<Value>(check: Check<Value>, byDefault?: Value): Check<Value | undefined> {
  return (where, value) => (value === undefined ? byDefault : check(where, value));
}

/** The option with another name in its messages. */
export function called<Option extends Check<unknown>>(where: string, option: Option): Option {
  return ((_, value) => option(where, value)) as Check<unknown> as Option;
}

/** Of what is checked later, with what else is known then. */
export function unchecked<Value>(_where: string, value: unknown): Value {
  return value as Value;
}

export function callback<Call>(where: string, value: unknown): Call {
  if (typeof value !== 'function') throw invalid(where, 'a function', value);
  return value as Call;
}

/** finiteNumber() with these bounds. */
export function numberFrom(minimum: number, maximum = Infinity): Check<number> {
  return (where, value) => finiteNumber(where, value, minimum, maximum);
}

/** oneOf() these. */
export function amongst<const Name extends string>(names: readonly Name[]): Check<Name> {
  return (where, value) => oneOf(where, value, names);
}
