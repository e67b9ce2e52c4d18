/** Values of an axis written as a rule instead of one by one. */
import { z } from 'zod';
import { didYouMean } from '../arguments.js';
import { expected, positiveInteger, positiveNumber, strict } from './protocol-fields.js';

/** A larger number of values on one axis is a typing error; arbitrary. */
export const mostValues = 1_000_000;

const finite = z.number(expected('a finite number'));
const howMany = z
  .int(expected('how many values, at least 2'))
  .min(2, expected('how many values, at least 2'))
  .max(mostValues, expected(`at most ${mostValues} values`));

/** @internal */
const schemas = {
  /** [from, to, step], `to` included where a step ends on it. */
  range: strict({
    range: z
      .tuple([finite, finite, finite], expected('[from, to, step]'))
      .superRefine(([from, to, step], context) => {
        const steps = (to - from) / step;
        if (step === 0) refuse(context, 'expected a step that is not 0, received 0');
        else if (!(steps >= 0))
          refuse(context, `expected a step that leads from ${from} to ${to}, received ${step}`);
        else if (steps >= mostValues)
          refuse(
            context,
            `expected at most ${mostValues} values, received a range of ${Math.floor(steps) + 1}`,
          );
      }),
  }),
  /** [first, last, how many], at equal distances. */
  linspace: strict({ linspace: z.tuple([finite, finite, howMany], expected('[first, last, how many]')) }),
  /** [first, last, how many], at equal ratios. The first and last value, not their logarithms. */
  logspace: strict({
    logspace: z.tuple([positiveNumber, positiveNumber, howMany], expected('[first, last, how many]')),
  }),
  /** `count` integers, from 0 or from another integer. */
  count: strict({
    count: positiveInteger.max(mostValues, expected(`at most ${mostValues} values`)),
    from: z.int(expected('an integer')).default(0),
  }),
};

type SpacingName = keyof typeof schemas;
const names = Object.keys(schemas) as SpacingName[];
export type Spacing = { [Name in SpacingName]: z.input<(typeof schemas)[Name]> }[SpacingName];
type CheckedSpacing = { [Name in SpacingName]: z.output<(typeof schemas)[Name]> }[SpacingName];

function refuse(context: z.RefinementCtx, message: string): void {
  context.addIssue({ code: 'custom', message });
}

/** The schema of the spacing that a value resembles; undefined where it resembles none. */
export function spacingSchema(value: unknown): z.ZodType<CheckedSpacing> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const name = names.find((each) => Object.hasOwn(value, each));
  return name && schemas[name];
}

/** The message for an object whose key is nearly the name of a spacing. */
export function misspeltSpacing(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key of Object.keys(value)) {
    const hint = didYouMean(key, names);
    if (hint) return `unknown spacing "${key}"; known: ${names.join(', ')}. ${hint}`;
  }
  return undefined;
}

/** JSON Schemas of all kinds, for editors. */
export function spacingJsonSchemas(): object[] {
  return names.map((name) => {
    const { $schema, ...schema } = z.toJSONSchema(schemas[name], { io: 'input' });
    return schema;
  });
}

/**
 * The values of a checked spacing. Those between the ends are rounded to 12 significant digits, as the last bits of a
 * power differ between machines and the keys of trials must not.
 * @param integers whether the field takes integers only: linspace and logspace are then rounded to integers
 */
export function spacedValues(spacing: CheckedSpacing, integers: boolean): number[] {
  if ('count' in spacing) return Array.from({ length: spacing.count }, (_, i) => spacing.from + i);
  if ('range' in spacing) {
    const [from, to, step] = spacing.range;
    // 0.3 / 0.1 is below 3.
    const steps = Math.floor(((to - from) / step) * (1 + 1e-12));
    return Array.from({ length: steps + 1 }, (_, i) => rounded(from + i * step));
  }
  const [first, last, length] = 'linspace' in spacing ? spacing.linspace : spacing.logspace;
  const between = (share: number) =>
    'linspace' in spacing ? first + (last - first) * share : first * (last / first) ** share;
  return Array.from({ length }, (_, i) => {
    const value = i === 0 ? first : i === length - 1 ? last : rounded(between(i / (length - 1)));
    return integers ? Math.round(value) : value;
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
