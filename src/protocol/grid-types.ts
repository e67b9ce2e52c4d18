/** Types of protocols whose fields may be axes. */
import type { Spacing } from './spacing.js';

type Value<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Name in keyof T]: Field<T[Name]> }
    : T;
/** A field of one value, or an axis of the grid. */
export type Field<T> = Value<T> | readonly Value<T>[] | Spacing;
/** An object whose fields may be axes, but that cannot be an axis itself. */
type Section<T> = T extends object ? { [Name in keyof T]: Field<T[Name]> } : T;
/**
 * A protocol of which `Point` has one value per field.
 * @template SectionName fields that are objects whose fields may be axes
 */
export type Grid<Point, SectionName extends keyof Point> = {
  [Name in keyof Point]: Name extends 'zip' | 'experiment'
    ? Point[Name]
    : Name extends 'arms'
      ? { [Arm in keyof Point[Name]]: Section<Point[Name][Arm]> }
      : Name extends SectionName
        ? Section<Point[Name]>
        : Field<Point[Name]>;
};
