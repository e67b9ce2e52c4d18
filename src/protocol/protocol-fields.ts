/**
 * Building blocks of the protocol's schema. Their messages have the form of arguments.ts: the expected and the received
 * value.
 */
import { z } from 'zod';
import { describe, didYouMean } from '../arguments.js';
import { defaultExperiment } from './experiment-form.js';

/** The `error` of a zod schema: "expected <what>, received <value>", or that the field is missing. */
export function expected(what: string) {
  return {
    /** The message of an issue. */
    error: (issue: { readonly input?: unknown }) =>
      issue.input === undefined
        ? `missing, expected ${what}`
        : `expected ${what}, received ${describe(issue.input)}`,
  };
}

/** An integer of at least 1. */
export const positiveInteger = z.int(expected('a positive integer')).min(1, expected('a positive integer'));

/** An integer of at least 0. */
export const nonNegativeInteger = z
  .int(expected('a non-negative integer'))
  .min(0, expected('a non-negative integer'));

/** A finite number of at least 0. */
export const nonNegativeNumber = z
  .number(expected('a finite number of at least 0'))
  .min(0, expected('a finite number of at least 0'));

/** A finite number above 0. */
export const positiveNumber = z
  .number(expected('a finite positive number'))
  .positive(expected('a finite positive number'));

/** In [0, 1): the decay of a moving average. */
export const decay = z
  .number(expected('a number from 0 to below 1'))
  .min(0, expected('a number from 0 to below 1'))
  .lt(1, expected('a number from 0 to below 1'));

/** true or false. */
export const trueOrFalse = z.boolean(expected('true or false'));

/** One of a few names. */
export function name<const Name extends string>(names: readonly Name[]) {
  return z.enum(names, { error: ({ input }) => nameMessage(names, input) });
}

/** The message for a value that is none of the names. */
export function nameMessage(names: readonly string[], input: unknown): string {
  const what = `one of ${names.join(', ')}`;
  const hint = typeof input === 'string' ? didYouMean(input, names) : '';
  return `${expected(what).error({ input })}${hint && `. ${hint}`}`;
}

/**
 * An object with these keys and no others; the message for a misspelt key suggests the most similar one.
 * @param adviceOn what else the message says of unknown keys, or ''
 */
export function strict<Shape extends z.ZodRawShape>(
  shape: Shape,
  adviceOn: (unknown: readonly string[]) => string = () => '',
) {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys')
        return expected(`an object with ${keys.join(', ')}`).error(issue);
      const unknown: readonly string[] = issue.keys;
      const hint =
        adviceOn(unknown) || unknown.map((key) => didYouMean(key, keys)).find((text) => text !== '');
      const named = unknown.map((key) => JSON.stringify(key)).join(', ');
      return `unknown key ${named}; known: ${keys.join(', ')}${hint ? `. ${hint}` : ''}`;
    },
  });
}

/** An object that holds exactly one of the keys, as in `optimizer: { adam: { ... } }`. */
export function exactlyOne<Shape extends z.ZodRawShape>(
  shape: Shape,
  adviceOn?: (unknown: readonly string[]) => string,
) {
  const keys = Object.keys(shape);
  return strict(shape, adviceOn).superRefine((value, context) => {
    const given = keys.filter((key) => Object.hasOwn(value, key));
    if (given.length === 1 || context.issues.length > 0) return; // The misspelt key has an issue already.
    const received = given.length === 0 ? 'none' : given.join(' and ');
    context.addIssue({
      code: 'custom',
      message: `expected exactly one of ${keys.join(', ')}, received ${received}`,
    });
  });
}

/** The name of the protocol's experiment. */
export function experimentField<const Name extends string>(experiment: Name) {
  return z
    .literal(experiment, expected(`the name ${experiment}`))
    .exactOptional()
    .describe(`The experiment of the protocol. Absent: \`${defaultExperiment}\`.`);
}

/** Repetitions per point of the grid. */
export const trialsField = positiveInteger.max(2 ** 32 - 1, expected('at most 4294967295 trials'));

/** Axes that vary together, value by value. */
export const zipField = z
  .array(
    z
      .array(z.string(expected('the path of a field, as in student.width')), expected('a list of paths'))
      .min(2, expected('at least two paths that go together')),
    expected('a list of lists of paths, as in [[student.width, arms.spectral.batchSize]]'),
  )
  .exactOptional()
  .describe('Groups of axes that vary together, value by value, instead of in all combinations.');

/** Images are moved at random while they are trained on: `augment` of a student (src/population/augmentation.ts). */
export const augmentField = strict({
  shift: nonNegativeInteger
    .default(0)
    .describe('Pixels by which an image is moved at most, up or down and left or right; zeros move in.'),
  flip: trueOrFalse.default(false).describe('Whether left and right are exchanged with probability 1/2.'),
})
  .exactOptional()
  .describe('Images are moved at random while a student trains on them, by the seed. Absent: they are not.');

/** Of leakyRelu, beside a field that names an activation. */
export const slopeField = nonNegativeNumber
  .exactOptional()
  .describe('Slope below 0, of `leakyRelu` alone. Absent: 0.01.');

/** Type of all numbers of a trial that computes in either. */
export const dtypeField = name(['float32', 'float64']).default('float32');
