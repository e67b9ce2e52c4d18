import type { z } from 'zod';
import type { TrialProtocol } from '../protocol/experiment-form.js';
import type { Experiment } from './experiment.js';

/** The protocol of a trial: a point of the grid, the arm with its name and fields, and the index of the repetition. */
export type TrialOf<Point> = TrialProtocol & Omit<Point, 'trials' | 'zip' | 'arms'> & ArmOf<Point>;
type ArmOf<Point> = Point extends { readonly arms: infer Arms }
  ? {
      readonly arm: { [Name in keyof Arms]-?: { readonly name: Name } & NonNullable<Arms[Name]> }[keyof Arms];
    }
  : unknown;

/** The same object, its types inferred from its schemas: for experiments without `trialsAt`. */
export function defineExperiment<Schema extends z.ZodObject, Found extends z.ZodObject>(
  experiment: Experiment<z.output<Schema>, TrialOf<z.output<Schema>>, z.output<Found>> & {
    readonly schema: Schema;
    readonly scalars: Found;
  },
): Experiment<z.output<Schema>, TrialOf<z.output<Schema>>, z.output<Found>> {
  return experiment;
}
