/** E (f(x) - f*(x))^2 under Gaussian inputs, exactly. */
import { invalid, knownKeys } from '../arguments.js';
import type { NativePopulationLoss } from '../native/addon.js';
import { allocate, checkFinite, checkFloats } from '../native/arrays.js';
import { requireMemory } from '../native/free-memory.js';
import { addon } from '../native/load.js';
import { Dataset } from '../network/dataset.js';
import { Network, type NetworkSpec } from '../network/network.js';
import { type CheckedHiddenLayer, checkedHiddenLayer, type HiddenLayer } from './hidden-layer.js';
import { checkShallow, NetworkParameters } from './network-parameters.js';
import { type FunctionOptions, type PopulationFunction, populationFunction } from './population-function.js';

/**
 * A student: W [n][d] and a [n]; the same as one array, W row-major, then a, [n d + n]; or a network of one hidden layer, dense or
 * spectral, with one linear output and no biases.
 */
export type PopulationStudent = HiddenLayer | Float32Array | Float64Array | Network;

export interface PopulationLossOptions extends FunctionOptions {
  /** v_l and b_l of f*(x) = sum_l b_l s(v_l . x), s the activation. They need not be orthogonal. */
  readonly teacher: HiddenLayer;
}

/** A student read: its numbers as W and a, and how derivatives return. */
interface Read {
  readonly native: NativePopulationLoss;
  readonly plain: Float64Array;
  readonly network: NetworkParameters | undefined;
}

/** Sizes of students whose memory is kept; arbitrary. */
const mostSizes = 8;

/**
 * The population loss L = E (f(x) - f*(x))^2, without a factor 1/2, of students against one teacher, x ~ N(0, I_d); made by
 * populationLoss(). Numbers are float64. Derivatives are in the order of the student's own parameters: W row-major, then a; of a
 * network its block `parameters`, tensors that do not train having derivative 0.
 *
 * Near the teacher L is a difference of larger sums: below 1e-15 it is rounding, and convergence shows in the gradient.
 */
export class PopulationLoss {
  readonly #function: PopulationFunction;
  readonly #teacher: CheckedHiddenLayer;
  readonly #bySize = new Map<number, NativePopulationLoss>();
  #data: Dataset | undefined;

  /** @internal */
  constructor(of: PopulationFunction, teacher: CheckedHiddenLayer) {
    this.#function = of;
    this.#teacher = teacher;
  }

  /** Of student and teacher. */
  get activation() {
    return this.#function.activation;
  }

  /** Of leakyRelu below 0; of the other activations without meaning. */
  get slope(): number {
    return this.#function.slope;
  }

  /** d */
  get inputs(): number {
    return this.#teacher.inputs;
  }

  /** Copies of v [k][d], row-major, and b [k]. */
  get teacher(): { readonly weights: Float64Array; readonly outgoing: Float64Array } {
    return { weights: this.#teacher.weights.slice(), outgoing: this.#teacher.outgoing.slice() };
  }

  /** @internal The teacher as data, one sample per neuron, for students that train on this loss; made once. */
  get data(): Dataset {
    const { inputs, weights, outgoing } = this.#teacher;
    this.#data ??= Dataset.create({ inputs: weights, inputCount: inputs, targets: outgoing });
    return this.#data;
  }

  /** @internal @throws invalid_network unless a network of this structure has this loss */
  checkSpec(spec: NetworkSpec): void {
    checkShallow(spec, { ...this.#function, inputs: this.inputs });
    this.#requireMemory(spec.layers[0]?.width as number);
  }

  /**
   * L.
   * @throws invalid_argument, invalid_network
   */
  value(student: PopulationStudent): number {
    const { native, plain } = this.#read('value', student);
    return native.value(plain);
  }

  /**
   * dL/dtheta, [parameters].
   * @throws invalid_argument, invalid_network
   */
  gradient(student: PopulationStudent): Float64Array {
    return this.valueAndGradient(student).gradient;
  }

  /**
   * Both in one pass.
   * @throws invalid_argument, invalid_network
   */
  valueAndGradient(student: PopulationStudent): { readonly value: number; readonly gradient: Float64Array } {
    const { native, plain, network } = this.#read('gradient', student);
    const gradient = new Float64Array(plain.length);
    const value = native.gradient(plain, gradient);
    return { value, gradient: network?.gradient(gradient) ?? gradient };
  }

  /**
   * d2L/dtheta2, [parameters][parameters], row-major, exact. Of relu and leakyRelu, whose terms at parallel vectors cancel, to 1e-8.
   * @throws invalid_argument, invalid_network, out_of_memory
   */
  hessian(student: PopulationStudent): Float64Array {
    const { native, plain, network } = this.#read('hessian', student);
    const size = network?.size ?? plain.length;
    const hessian = allocate('the Hessian', 'float64', size * size);
    if (network === undefined) {
      native.hessian(plain, hessian);
      return hessian;
    }
    const gradient = new Float64Array(plain.length);
    native.gradient(plain, gradient);
    const unit = new Float64Array(size);
    for (let i = 0; i < size; ++i) {
      unit[i] = 1;
      hessian.set(networkProduct(native, network, gradient, unit), i * size);
      unit[i] = 0;
    }
    return hessian;
  }

  /**
   * d2L/dtheta2 times a direction, [parameters], without the Hessian.
   * @param direction [parameters]
   * @throws invalid_argument, invalid_network
   */
  hessianProduct(student: PopulationStudent, direction: Float32Array | Float64Array): Float64Array {
    const { native, plain, network } = this.#read('hessianProduct', student);
    const size = network?.size ?? plain.length;
    checkFloats('direction of hessianProduct', direction);
    if (direction.length !== size)
      throw invalid('direction of hessianProduct', `${size} numbers, one per parameter`, direction);
    checkFinite('direction of hessianProduct', direction);
    if (network !== undefined) {
      const gradient = new Float64Array(plain.length);
      native.gradient(plain, gradient);
      return networkProduct(native, network, gradient, direction);
    }
    const product = new Float64Array(size);
    native.hessianProduct(plain, Float64Array.from(direction), product);
    return product;
  }

  /** @internal The native loss for students of so many neurons. */
  nativeOf(neurons: number): NativePopulationLoss {
    return this.#native(neurons);
  }

  #read(call: string, student: PopulationStudent): Read {
    if (isNetwork(student)) {
      this.checkSpec(student.spec);
      checkFinite(`parameters of the network of ${call}`, student.parameters);
      const network = new NetworkParameters(student);
      return { native: this.#native(network.neurons), plain: network.plain, network };
    }
    const plain = plainParameters(call, student, this.inputs);
    return { native: this.#native(plain.length / (this.inputs + 1)), plain, network: undefined };
  }

  /** 14 and 13 numbers per pair of neurons (PopulationWorkspace of native/objectives/gaussian/population_loss.h). */
  #requireMemory(neurons: number): void {
    const bytes = 8 * neurons * (14 * neurons + 13 * this.#teacher.neurons);
    requireMemory(`the population loss of ${neurons} neurons`, bytes, 'Use fewer neurons');
  }

  /** The memory of a size is made once, and kept for the sizes used last. */
  #native(neurons: number): NativePopulationLoss {
    const { weights, outgoing, inputs, neurons: teacherNeurons } = this.#teacher;
    const { activation, slope } = this.#function;
    const kept = this.#bySize.get(neurons);
    if (kept === undefined) this.#requireMemory(neurons);
    const native =
      kept ??
      new (addon().PopulationLoss)({ activation, slope, neurons, teacherNeurons, inputs, weights, outgoing });
    this.#bySize.delete(neurons);
    this.#bySize.set(neurons, native);
    for (const oldest of this.#bySize.keys()) {
      if (this.#bySize.size <= mostSizes) break;
      this.#bySize.delete(oldest);
    }
    return native;
  }
}

/**
 * The population loss of students of one hidden layer against a teacher of one, exactly: in closed form, or for tanh, sigmoid and
 * softplus by quadrature to rounding (incoming vectors of length at most 45, 90 and 90; a few milliseconds per loss).
 * @throws invalid_argument
 */
export function populationLoss(options: PopulationLossOptions): PopulationLoss {
  const where = 'populationLoss';
  knownKeys(where, options, ['activation', 'slope', 'closedForm', 'teacher']);
  const { teacher, ...function_ } = options;
  const of = populationFunction(where, function_);
  return new PopulationLoss(of, checkedHiddenLayer(`teacher of ${where}`, teacher));
}

function networkProduct(
  native: NativePopulationLoss,
  network: NetworkParameters,
  gradient: Float64Array,
  direction: ArrayLike<number>,
): Float64Array {
  const product = new Float64Array(gradient.length);
  native.hessianProduct(network.plain, network.direction(direction), product);
  return network.product(gradient, product, direction);
}

/** W row-major, then a, of `inputs` inputs: a copy. */
export function plainParameters(
  call: string,
  student: Exclude<PopulationStudent, Network>,
  inputs: number,
): Float64Array {
  if (ArrayBuffer.isView(student)) {
    checkFloats(`student of ${call}`, student);
    if (student.length === 0 || student.length % (inputs + 1) !== 0)
      throw invalid(
        `student of ${call}`,
        `a multiple of ${inputs + 1} numbers, ${inputs} weights and an outgoing weight per neuron`,
        student,
      );
    checkFinite(`student of ${call}`, student);
    return Float64Array.from(student);
  }
  const { weights, outgoing, inputs: own, neurons } = checkedHiddenLayer(`student of ${call}`, student);
  if (own !== inputs)
    throw invalid(
      `weights of student of ${call}`,
      `rows of ${inputs} numbers, the inputs of the teacher`,
      own,
    );
  const plain = new Float64Array(neurons * (inputs + 1));
  plain.set(weights);
  plain.set(outgoing, neurons * inputs);
  return plain;
}

function isNetwork(student: PopulationStudent): student is Network {
  return student instanceof Network;
}
