/** Activations whose averages over Gaussian inputs are known. */
import { flag, invalid, oneOf } from '../arguments.js';
import { type Activation, activations, defaultSlope } from '../network/layers.js';
import { numberFrom, type OptionsOf, optional, optionsCheck, required } from '../options.js';

/** In closed form: C. Williams 1997, D. Saad and S. Solla 1995 (erf), Y. Cho and L. Saul 2009 (relu), Isserlis (quadratic). */
const closedForms = ['linear', 'relu', 'leakyRelu', 'gelu', 'erf', 'quadratic', 'scaledErf'] as const;
/** By quadrature (native/objectives/gaussian/quadrature.h). */
const quadratures = ['tanh', 'sigmoid', 'softplus'] as const;

/** @internal */
export const checkFunctionOptions = optionsCheck({
  /** Of the hidden layers of student and teacher: all but elu. `erf` is erf(z), `scaledErf` erf(z / sqrt(2)). */
  activation: required<Activation>((where, value) => oneOf(where, value, activations)),
  /** Of leakyRelu below 0. Default 0.01. */
  slope: optional(numberFrom(0)),
  /** Refuses activations whose averages are computed by quadrature: tanh, sigmoid, softplus. Default false. */
  closedForm: optional(flag, false),
});
export interface FunctionOptions extends OptionsOf<typeof checkFunctionOptions> {}

export interface PopulationFunction {
  readonly activation: Activation;
  readonly slope: number;
  /** For messages: with its slope, where it has one. */
  readonly name: string;
}

/** @throws invalid_argument */
export function populationFunction(where: string, options: FunctionOptions): PopulationFunction {
  const { activation, slope, closedForm } = checkFunctionOptions(where, options);
  const known: readonly string[] = closedForm ? closedForms : [...closedForms, ...quadratures];
  if (!known.includes(activation))
    throw invalid(
      `activation of ${where}`,
      `one with averages over Gaussian inputs ${closedForm ? 'in closed form' : 'that are known'} (${known.join(', ')})`,
      activation,
      closedForm && activation !== 'elu' ? 'Without closedForm it is computed by quadrature' : '',
    );
  if (slope !== undefined && activation !== 'leakyRelu')
    throw invalid(`slope of ${where}`, 'no slope, which only leakyRelu has', slope);
  const used = slope ?? defaultSlope;
  return {
    activation,
    slope: used,
    name: activation === 'leakyRelu' ? `leakyRelu of slope ${used}` : activation,
  };
}
