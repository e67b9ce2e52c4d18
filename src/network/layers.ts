import { denseArray, finiteNumber, invalid, knownKeys, oneOf, positiveInteger } from '../arguments.js';
import { checkAttached, isFloatArray } from '../native/arrays.js';
import {
  type Activation,
  activations,
  type DenseLayer,
  type DenseTensor,
  defaultSlope,
  denseTensors,
  type FurtherPenalty,
  furtherPenalties,
  furtherPenaltyNames,
  type Initializer,
  type Layer,
  type LayerOf,
  type LayerPlace,
  type Matrix,
  type MatrixLayer,
  matrices,
  namedInitializers,
  type PerTensor,
  type SpectralLayer,
  type SpectralTensor,
  spectralTensors,
  type TensorName,
  type TensorOptions,
} from './layer-types.js';

export * from './layer-types.js';

/** Whether a layer has a matrix: eigenvectors or weights. */
export function isMatrixLayer(layer: Layer | undefined): layer is MatrixLayer {
  return layer?.kind === 'spectral' || layer?.kind === 'dense';
}

type PenalisedBy<
  Penalty extends FurtherPenalty,
  Name extends TensorName,
> = (typeof furtherPenalties)[Penalty] extends 'matrices' ? Extract<Name, Matrix> : Name;

/** Of the group lasso, coefficient times the sum of ||row i||_2, rows being what enters node i. */
type FurtherPenalties<Name extends TensorName> = {
  readonly [Penalty in FurtherPenalty]?: PerTensor<PenalisedBy<Penalty, Name>, number>;
};

/** The slope of an activation. */
export interface SlopeOptions {
  /** Of leakyRelu below 0, which is the only activation with a slope: a number of at least 0. Default 0.01. */
  readonly slope?: number;
}

export interface LayerOptions<Name extends TensorName>
  extends LayerPlace,
    SlopeOptions,
    FurtherPenalties<Name> {
  /** Default 'linear'. */
  readonly activation?: Activation;
  /** Default false. */
  readonly bias?: boolean;
  /** Names of the tensors that train. */
  readonly trainable?: readonly Name[];
  readonly l1?: PerTensor<Name, number>;
  readonly l2?: PerTensor<Name, number>;
  readonly initialize?: PerTensor<Name, Initializer>;
}
export type SpectralOptions = LayerOptions<SpectralTensor>;
export type DenseOptions = LayerOptions<DenseTensor>;

export const placeKeys = ['name', 'inputs'] as const;
export const optionKeys = [
  'activation',
  'slope',
  'bias',
  'trainable',
  'l1',
  'l2',
  ...furtherPenaltyNames,
  'initialize',
  ...placeKeys,
] as const;

/**
 * A layer in the spectral parametrisation, W_ij = (eigenvaluesIn_j - eigenvaluesOut_i) eigenvectors_ij (paper, section 2).
 * Defaults are the paper's: eigenvectors Glorot-uniform and trainable, eigenvaluesOut 1 and trainable, eigenvaluesIn 0
 * and frozen, no bias.
 */
export function spectral(width: number, options: SpectralOptions = {}): SpectralLayer {
  return buildLayer('spectral', width, options, spectralTensors, ['eigenvectors', 'eigenvaluesOut', 'bias'], {
    eigenvectors: 'glorotUniform',
    eigenvaluesIn: 0,
    eigenvaluesOut: 1,
    bias: 0,
  });
}

/** A conventional layer, z = W x + bias. Defaults: weights Glorot-uniform, everything trainable, no bias. */
export function dense(width: number, options: DenseOptions = {}): DenseLayer {
  return buildLayer('dense', width, options, denseTensors, denseTensors, {
    weights: 'glorotUniform',
    bias: 0,
  });
}

/** The paper's read-out: one linear unit whose incoming weights are all one, frozen. */
export function sum(): DenseLayer {
  return dense(1, { trainable: [], initialize: { weights: 1 } });
}

export function buildLayer<Kind extends string, Name extends TensorName>(
  kind: Kind,
  width: number,
  options: LayerOptions<Name>,
  names: readonly Name[],
  trainedByDefault: readonly Name[],
  initial: Record<Name, Initializer>,
  keys: readonly string[] = optionKeys,
): LayerOf<Kind, Name> {
  const where = `${kind} layer`;
  knownKeys(where, options, keys);
  positiveInteger(`width of ${where}`, width);
  const f = activationOf(where, options.activation ?? 'linear', options.slope);
  const { bias = false } = options;
  if (typeof bias !== 'boolean') throw invalid(`bias of ${where}`, 'true or false', bias);
  const present = names.filter((name) => name !== 'bias' || bias);
  const tensors = tensorOptions(where, options, names, present, trainedByDefault, initial);
  return { kind, width, ...f, tensors, ...placeOf(where, options) };
}

/**
 * The slope only where it is not the default one, so that networks without it are written as in earlier versions.
 * @throws invalid_argument
 */
export function activationOf(
  where: string,
  name: Activation,
  slope: number | undefined,
): { readonly activation: Activation; readonly slope?: number } {
  const activation = oneOf(`activation of ${where}`, name, activations);
  if (slope === undefined) return { activation };
  if (activation !== 'leakyRelu')
    throw invalid(
      `slope of ${where}`,
      `none, as ${activation} has no slope (only leakyRelu has one),`,
      slope,
    );
  finiteNumber(`slope of ${where}`, slope, 0);
  return slope === defaultSlope ? { activation } : { activation, slope };
}

/**
 * Only the given fields, so that networks without them are written as in earlier versions.
 * @throws invalid_argument
 */
export function placeOf(where: string, { name, inputs }: LayerPlace): LayerPlace {
  if (name !== undefined && (typeof name !== 'string' || name === '' || name === 'input'))
    throw invalid(
      `name of ${where}`,
      "a name that is not empty and not 'input', which is the network's own",
      name,
    );
  if (inputs !== undefined) {
    denseArray(`inputs of ${where}`, 'an array of names of layers', inputs);
    for (const input of inputs)
      if (typeof input !== 'string') throw invalid(`inputs of ${where}`, 'names of layers', input);
  }
  return { ...(name !== undefined && { name }), ...(inputs !== undefined && { inputs: [...inputs] }) };
}

/** The tensors that are present, each with all of its options. @throws invalid_argument */
export function tensorOptions<Name extends TensorName>(
  where: string,
  options: Omit<LayerOptions<Name>, 'activation' | 'slope' | 'bias'>,
  names: readonly Name[],
  present: readonly Name[],
  trainedByDefault: readonly Name[],
  initial: Record<Name, Initializer>,
): PerTensor<Name, TensorOptions> {
  for (const field of ['l1', 'l2', 'initialize'] as const)
    knownKeys(`${field} of ${where}`, options[field] ?? {}, present);
  for (const penalty of furtherPenaltyNames) {
    const allowed: readonly TensorName[] = furtherPenalties[penalty] === 'matrices' ? matrices : present;
    const own = allowed.filter((name) => (names as readonly TensorName[]).includes(name));
    knownKeys(`${penalty} of ${where}`, options[penalty] ?? {}, own);
  }
  const trainable = options.trainable ?? trainedByDefault.filter((name) => present.includes(name));
  denseArray(`trainable of ${where}`, 'an array of names of tensors', trainable);
  for (const name of trainable) oneOf(`trainable of ${where}`, name, present);
  const tensors: Partial<Record<Name, TensorOptions>> = {};
  for (const name of present) {
    tensors[name] = {
      trainable: trainable.includes(name),
      l1: finiteNumber(`l1.${name} of ${where}`, options.l1?.[name] ?? 0, 0),
      l2: finiteNumber(`l2.${name} of ${where}`, options.l2?.[name] ?? 0, 0),
      ...furtherPenaltiesOf(where, name, options),
      initialize: checkInitializer(
        `initialize.${name} of ${where}`,
        options.initialize?.[name] ?? initial[name],
      ),
    };
  }
  return tensors as PerTensor<Name, TensorOptions>;
}

/** Only those that are not 0. */
function furtherPenaltiesOf<Name extends TensorName>(
  where: string,
  name: Name,
  options: FurtherPenalties<Name>,
): Partial<Record<FurtherPenalty, number>> {
  const found = furtherPenaltyNames.map((penalty) => {
    const given: PerTensor<TensorName, number> = options[penalty] ?? {};
    return [penalty, finiteNumber(`${penalty}.${name} of ${where}`, given[name] ?? 0, 0)] as const;
  });
  return Object.fromEntries(found.filter(([, coefficient]) => coefficient !== 0));
}

function checkInitializer(where: string, value: Initializer): Initializer {
  if (typeof value === 'string') return oneOf(where, value, namedInitializers);
  if (typeof value === 'number') return finiteNumber(where, value);
  if (Array.isArray(value) || isFloatArray(value)) {
    if (isFloatArray(value)) checkAttached(where, value);
    for (let i = 0; i < value.length; ++i) finiteNumber(`${where}[${i}]`, value[i]);
    return value;
  }
  throw invalid(where, 'a number, an array or the name of an initializer', value);
}
