import { flag, invalid, positiveInteger } from '../arguments.js';
import { gaussianInputsSteps } from '../data/gaussian.js';
import type { Splits } from '../data/splits.js';
import type { FloatArray } from '../native/addon.js';
import { elementCount } from '../native/arrays.js';
import { Dataset } from '../network/dataset.js';
import { outputsOf } from '../network/description.js';
import { asImageShape } from '../network/image-shape.js';
import { activations, dense, spectral, sum } from '../network/layers.js';
import { checkNetwork, Network } from '../network/network.js';
import { checkSeed, normals } from '../network/random.js';
import { amongst, called, type OptionsOf, optional, optionsCheck, required, unchecked } from '../options.js';
import { inTurns, stretches, throwIfInterrupted } from '../steps.js';

/** Input numbers that are labelled in one call, which cannot be interrupted. Arbitrary, a fraction of a second. */
const labelledAtOnce = 2 ** 18;

const seeded = {
  /** Selects the stream of the teacher's parameters. Non-negative safe integer. */
  seed: required(unchecked<number>),
};
/** @internal */
const checkPaper = optionsCheck({
  inputs: optional(positiveInteger, 10),
  teacherSize: required(positiveInteger),
  secondWidth: optional(positiveInteger, 20),
  thirdWidth: optional(positiveInteger),
  activation: optional(amongst(activations), 'relu'),
  /** Of leakyRelu: see LayerOptions. */
  slope: optional(unchecked<number>),
  ...seeded,
});
interface PaperOptions extends OptionsOf<typeof checkPaper> {}
/** @internal */
const checkLinear = optionsCheck({
  inputs: required(positiveInteger),
  outputs: optional(positiveInteger, 1),
  ...seeded,
});
interface LinearOptions extends OptionsOf<typeof checkLinear> {}
/** @internal */
const checkCommittee = optionsCheck({
  inputs: required(positiveInteger),
  units: required(positiveInteger),
  activation: optional(amongst(activations), 'erf'),
  ...seeded,
  orthonormal: optional(flag, true),
});
interface CommitteeOptions extends OptionsOf<typeof checkCommittee> {}

/** @internal */
const checkSizes = optionsCheck({
  /** Samples of each part. */
  train: called("train of a teacher's dataset", required(positiveInteger)),
  validation: called("validation of a teacher's dataset", required(positiveInteger)),
  test: called("test of a teacher's dataset", required(positiveInteger)),
  /** Selects the stream of the inputs, with `trial`. Non-negative safe integer. */
  seed: required(unchecked<number>),
  /** Integer below 2^32. Default 0. */
  trial: optional(unchecked<number>, 0),
  /** Aborting ends the drawing with an error of code 'interrupted'. */
  signal: optional(unchecked<AbortSignal>),
});
interface DatasetSizes extends OptionsOf<typeof checkSizes> {}

/**
 * A frozen network that labels data. It is held in float64, and labels are computed by the reference backend:
 * the same bits whichever engine trains the students. Each way to make one throws invalid_argument naming the
 * option that is wrong.
 */
export class Teacher {
  private constructor(
    /** float64 */
    readonly network: Network,
  ) {}

  /**
   * The paper's teacher (arXiv 2310.12612, published code): inputs -> teacherSize (relu) -> secondWidth (relu) -> 1, both
   * hidden layers spectral with eigenvaluesOut 1, eigenvaluesIn 0, Glorot-uniform eigenvectors; the read-out adds up.
   * Defaults: inputs 10 (the paper's), secondWidth 20 (ours; the published file lacks it). Beyond the paper: another
   * activation of the hidden layers, and a third of them, of thirdWidth nodes.
   */
  static paper(options: PaperOptions): Teacher {
    const { inputs, activation, slope, seed, ...widths } = checkPaper('Teacher.paper', options);
    const hidden = [widths.teacherSize, widths.secondWidth, widths.thirdWidth ?? []].flat();
    const layers = [...hidden.map((width) => spectral(width, { activation, slope, trainable: [] })), sum()];
    return new Teacher(Network.create({ inputs, layers }, { seed, purpose: 'teacher', dtype: 'float64' }));
  }

  /** y = W x, W_ij normal with variance 1 / inputs: labels of standard normal inputs have variance near 1. Default: 1 output. */
  static linear(options: LinearOptions): Teacher {
    const { inputs, outputs, seed } = checkLinear('Teacher.linear', options);
    const weights = normalMatrix('Teacher.linear', outputs, inputs, seed);
    const layers = [dense(outputs, { trainable: [], initialize: { weights } })];
    return new Teacher(Network.create({ inputs, layers }, { seed, dtype: 'float64' }));
  }

  /**
   * A committee: the sum of `units` hidden units. Incoming vectors are orthonormal (arXiv 2311.01644; needs units <=
   * inputs) or, with orthonormal: false, normal with variance 1 / inputs. Default activation: 'erf', erf(z).
   */
  static committee(options: CommitteeOptions): Teacher {
    const where = 'Teacher.committee';
    const { inputs, units, activation, seed, orthonormal } = checkCommittee(where, options);
    if (orthonormal && units > inputs) {
      const advice = 'There are no more orthonormal vectors than dimensions; use orthonormal: false';
      throw invalid(`units of ${where}`, `at most inputs = ${inputs}`, units, advice);
    }
    const weights = orthonormal ? 'orthonormalRows' : normalMatrix(where, units, inputs, seed);
    const layers = [dense(units, { activation, trainable: [], initialize: { weights } }), sum()];
    return new Teacher(Network.create({ inputs, layers }, { seed, purpose: 'teacher', dtype: 'float64' }));
  }

  /** Any network: a copy of its present state in float64. */
  static from(network: Network): Teacher {
    return new Teacher(checkNetwork('network of Teacher.from', network).clone('float64'));
  }

  /**
   * Labels [samples][outputs].
   * @param inputs [samples][inputs]
   * @param signal aborting it ends the work with an error of code 'interrupted'
   * @throws invalid_argument when the length is not a multiple of the inputs, or a number is not finite; interrupted
   */
  async label(inputs: FloatArray, signal?: AbortSignal): Promise<Float64Array> {
    const inputCount = this.network.spec.inputs;
    const outputs = outputsOf(this.network.spec);
    // All of them are checked first, so that a message counts from the first sample.
    const { samples } = await inTurns(Dataset.createSteps({ inputs, inputCount }), signal);
    const labels = new Float64Array(samples * outputs);
    for (const [from, to] of stretches(samples, Math.ceil(labelledAtOnce / inputCount))) {
      throwIfInterrupted(signal);
      const part = Dataset.create({
        inputs: inputs.subarray(from * inputCount, to * inputCount),
        inputCount,
      });
      labels.set(await this.network.predict(part, { device: 'reference' }), from * outputs);
    }
    return labels;
  }

  /**
   * Fresh standard normal inputs with the teacher's labels, in float64, for training, validation and test. The same seed
   * and trial give the same data to every arm of an experiment.
   * @throws invalid_argument
   */
  async dataset(options: DatasetSizes): Promise<Splits> {
    const sizes = checkSizes('dataset of a teacher', options);
    const part = (purpose: 'train' | 'validation' | 'test') => this.#part(purpose, sizes);
    const [train, validation, test] = await Promise.all([part('train'), part('validation'), part('test')]);
    return { train, validation, test };
  }

  async #part(purpose: 'train' | 'validation' | 'test', sizes: DatasetSizes): Promise<Dataset> {
    const { [purpose]: samples, seed, trial, signal } = sizes;
    const features = this.network.spec.inputs;
    const inputs = await inTurns(gaussianInputsSteps({ samples, features, seed, trial, purpose }), signal);
    const targets = await this.label(inputs, signal);
    const targetCount = outputsOf(this.network.spec);
    const inputShape = asImageShape(this.network.spec.inputShape);
    const numbers = { inputs, inputCount: features, inputShape, targets, targetCount };
    return inTurns(Dataset.createSteps(numbers), signal);
  }
}

function normalMatrix(where: string, outputs: number, inputs: number, seed: number): Float64Array {
  const stream = { seed: checkSeed(where, seed), trial: 0, purpose: 'teacherParameters' } as const;
  return normals(stream, elementCount({ outputs, inputs }), 1 / Math.sqrt(inputs));
}
