/** Gradients of a student, and their options. */
import { flag } from '../arguments.js';
import type { FloatArray, NativePopulation, Statistics } from '../native/addon.js';
import { bareOptionsCheck, type OptionsOf, optional, unchecked } from '../options.js';

/** @internal */
export type NativeGradient = NonNullable<Awaited<ReturnType<NativePopulation['gradients']>>[number]>;

/** Of one student, over one data set as one batch. */
export interface Gradient {
  /** Of data loss + penalty, by tensor name, shapes as the tensors; zero where frozen. */
  readonly gradients: ReadonlyMap<string, FloatArray>;
  /** With respect to the inputs, [samples][inputs], where `inputs` was given. */
  readonly inputs?: FloatArray;
  readonly dataLoss: number;
  readonly penalty: number;
}

/** @internal */
export const checkGradientOptions = bareOptionsCheck({
  /** Whether the gradient of the inputs is computed as well. Default false. Not on a GPU. */
  inputs: optional(flag, false),
  /** Which statistics batch norm uses. Default 'batch', as in training. */
  statistics: optional(unchecked<Statistics>),
});
export interface GradientOptions extends OptionsOf<typeof checkGradientOptions> {}
