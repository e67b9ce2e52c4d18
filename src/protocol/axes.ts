/** Axes of the grid: the fields of a protocol that are a list or a spacing of values instead of one value. */
import { z } from 'zod';
import { type ExperimentForm, formOfDocument } from './experiment-form.js';
import { spacedValues, spacingSchema } from './spacing.js';

export type FieldPath = readonly string[];

/** A field as written, with the schema of one value of it. */
export interface WrittenAxis {
  readonly path: FieldPath;
  readonly field: z.ZodType;
  readonly written: unknown;
}

/** The values of a field. */
export interface Axis {
  readonly path: FieldPath;
  /** "student.width", as in `zip` and in tables. */
  readonly name: string;
  readonly values: readonly unknown[];
}

/** The axes of a document, in its order; the document need not be valid. */
export function findAxes(document: unknown): WrittenAxis[] {
  const form = formOfDocument(document);
  return form ? axesUnder(document, schemaFor(form, document), []) : [];
}

/** The schema for a document, which need not be valid. */
export function schemaFor(form: ExperimentForm, document: unknown): z.ZodObject {
  return form.schemaFor?.(document) ?? form.schema;
}

/** Names of the arms that protocols of an experiment may have; one undefined arm where there are none. */
export function armNames({ schema }: ExperimentForm): readonly (string | undefined)[] {
  const arms = fieldOf(schema, 'arms');
  const inner = arms && unwrap(arms);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [undefined];
}

/** The axes of a checked protocol. */
export function axesOf(protocol: object): Axis[] {
  return findAxes(protocol).map(({ path, field, written }) => ({
    path,
    name: path.join('.'),
    values: Array.isArray(written) ? written : spacedBy(written, field),
  }));
}

/** The arm that an axis belongs to; undefined where it is common to all. */
export function armOf({ path }: Axis): string | undefined {
  return path[0] === 'arms' ? path[1] : undefined;
}

/** Every value of a field of a checked protocol, whether it is an axis or not. */
export function valuesOf(protocol: object, name: string): readonly unknown[] {
  const axis = axesOf(protocol).find((each) => each.name === name);
  return axis?.values ?? [valueAt(protocol, name.split('.'))];
}

/** The values of a spacing that has been checked. */
export function spacedBy(written: unknown, field: z.ZodType): number[] {
  const schema = spacingSchema(written);
  if (!schema) throw new TypeError('a field that is an axis and no list is a spacing');
  return spacedValues(schema.parse(written), takesIntegers(field));
}

function axesUnder(value: unknown, schema: z.ZodType, path: FieldPath): WrittenAxis[] {
  if (!isSection(schema, path) && isAxis(value, schema)) return [{ path, field: schema, written: value }];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = path.length === 0 && name === 'zip' ? undefined : fieldOf(schema, name);
    return field ? axesUnder(inner, field, [...path, name]) : [];
  });
}

/** Objects at the top of a protocol, and the arms, contain axes but cannot be axes themselves. */
function isSection(schema: z.ZodType, path: FieldPath): boolean {
  const inner = unwrap(schema);
  const kinds = inner instanceof z.ZodUnion ? (inner.options as z.ZodType[]) : [inner];
  if (path.length < 2) return kinds.every((kind) => kind instanceof z.ZodObject);
  return path.length === 2 && path[0] === 'arms';
}

/** A field that is a list becomes an axis as a list of lists. */
function isAxis(value: unknown, schema: z.ZodType): boolean {
  if (!Array.isArray(value)) return spacingSchema(value) !== undefined;
  return !(unwrap(schema) instanceof z.ZodArray) || value.some(Array.isArray);
}

/** Whether a list or a spacing in place of a value makes an axis. */
export function mayBeAxis(form: ExperimentForm, path: FieldPath): boolean {
  const field = fieldAt(form, path);
  return field !== undefined && !isSection(field, path);
}

/** The schema of one value of the field at a path; undefined where a protocol has no such field. */
export function fieldAt(form: ExperimentForm, path: FieldPath): z.ZodType | undefined {
  let schema: z.ZodType | undefined = form.schema;
  for (const name of path) schema = schema && fieldOf(schema, name);
  return schema;
}

function fieldOf(schema: z.ZodType, name: string): z.ZodType | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject)
    return Object.hasOwn(inner.shape, name) ? (inner.shape[name] as z.ZodType) : undefined;
  if (!(inner instanceof z.ZodUnion)) return undefined;
  return (inner.options as z.ZodType[]).map((option) => fieldOf(option, name)).find((found) => found);
}

function takesIntegers(schema: z.ZodType): boolean {
  const inner = unwrap(schema);
  return inner instanceof z.ZodNumber && inner.isInt;
}

/** The schema without wrappers such as defaults. */
function unwrap(schema: z.ZodType): z.ZodType {
  const wrapped =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodNullable;
  return wrapped ? unwrap(schema.unwrap() as z.ZodType) : schema;
}

/** A value within nested objects; undefined where there is none. */
export function valueAt(document: unknown, path: FieldPath): unknown {
  let value = document;
  for (const name of path)
    value =
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return value;
}

/** A copy with one value replaced; values outside its path are shared with the original. */
export function withValue<T>(document: T, [name, ...rest]: FieldPath, value: unknown): T {
  if (name === undefined) return value as T;
  const inner = (document as Record<string, unknown>)[name];
  return { ...document, [name]: withValue(inner, rest, value) };
}
