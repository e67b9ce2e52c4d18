import { availableParallelism } from 'node:os';
import { denseArray, invalid, nonNegativeInteger, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { DType } from '../native/addon.js';
import { toDType } from '../native/arrays.js';
import { addon } from '../native/load.js';
import { withBinaryAccuracy } from '../network/binary-accuracy.js';
import { checkFits } from '../network/data-fit.js';
import { checkDataset, Dataset } from '../network/dataset.js';
import { type ChosenDevice, chooseDevice, deviceOptions } from '../network/device.js';
import { type Evaluation, evaluationsOf } from '../network/evaluation.js';
import { checkStatistics, dtypes } from '../network/network.js';
import { amongst, bareOptionsCheck, type OptionsOf, optional } from '../options.js';
import { checkGradientOptions, type Gradient, type GradientOptions } from './gradient.js';
import { NativeHandle } from './native-handle.js';
import { firstValues, needsGeneral, requireHostMemory } from './population-start.js';
import { type Execution, type Progress, Student } from './student.js';
import { maximumEpochs, planStudent, type StudentOptions, toNativeStudent } from './student-options.js';

/** @internal */
const checkOptions = bareOptionsCheck({
  ...deviceOptions,
  /** Default 'float32'. */
  dtype: optional(amongst(dtypes), 'float32'),
  /** Default: one per core that this process may use. Results do not depend on it. */
  threads: optional(positiveInteger),
  /**
   * 'auto' (default): the fused path where a student is a chain of dense and spectral layers. 'general': the
   * executor of any graph for every student, which engine and `execution` of the students then name; slower,
   * for measurements. Not on a GPU.
   */
  executor: optional(amongst(['auto', 'general']), 'auto'),
});
export interface PopulationOptions extends OptionsOf<typeof checkOptions> {}

/**
 * Independent students, trained side by side. One call at a time: while a promise of the population is pending,
 * everything but `busy`, `bytes`, `stepsNow`, `stop` and `dispose` throws population_busy.
 */
export class Population {
  readonly #native: NativeHandle;
  readonly #students: readonly Student[];
  readonly #chosen: ChosenDevice;

  private constructor(
    native: NativeHandle,
    chosen: ChosenDevice,
    readonly dtype: DType,
    students: readonly Student[],
  ) {
    this.#native = native;
    this.#chosen = chosen;
    this.#students = students;
  }

  /**
   * Students with their first values. A student's values, shuffles and results do not depend on other students.
   * @throws invalid_argument, invalid_network, data_mismatch (each names the student), cuda_unavailable, out_of_memory
   */
  static create(students: readonly StudentOptions[], options: PopulationOptions = {}): Population {
    const { dtype, threads = 0, executor, ...wanted } = checkOptions('Population.create', options);
    denseArray('students', 'an array of student options', students);
    if (students.length === 0) throw invalid('students', 'at least one student', students);
    const plans = students.map((student, i) => planStudent(`student ${i}`, student));
    const general = executor === 'general';
    const chosen = chooseDevice(wanted, dtype, general || plans.some(needsGeneral));
    if (chosen.device !== 'cuda') requireHostMemory(plans, dtype, threads || availableParallelism(), general);
    const native = new (addon().Population)({
      backend: chosen.device,
      devices: chosen.devices,
      dtype,
      threads,
      general,
      students: plans.map((plan) => toNativeStudent(plan, dtype)),
    });
    let executions: readonly (Execution | null)[];
    try {
      executions = native.executions();
      for (const [i, plan] of plans.entries()) {
        native.write(i, 'parameters', firstValues(plan, dtype));
        const buffers = plan.network?.buffers;
        if (buffers?.length) native.write(i, 'buffers', toDType('buffers', buffers, dtype));
      }
    } catch (error) {
      native.dispose();
      throw error;
    }
    const handle = new NativeHandle(native);
    const members = plans.map((plan, i) => new Student(handle, i, dtype, plan, executions[i] ?? null));
    return new Population(handle, chosen, dtype, members);
  }

  /** How many students there are. */
  get size(): number {
    return this.#students.length;
  }

  /** The device that runs the population. */
  get device(): ChosenDevice['device'] {
    return this.#chosen.device;
  }

  /** Indices of the GPUs that share the work; none on another device. */
  get devices(): readonly number[] {
    return this.#chosen.devices;
  }

  /** Device and instruction set or kind of GPU, as in "cpu-avx2" or "cuda-sm90". Results repeat bit for bit on the same engine and dtype. */
  get engine(): string {
    return this.#native.engine;
  }

  /** Whether a call is pending. */
  get busy(): boolean {
    return this.#native.busy;
  }

  /**
   * Steps that each student has done, [size], also while a call is pending; null once disposed and on GPUs, which count when a
   * call ends.
   */
  stepsNow(): readonly number[] | null {
    return this.#native.stepsNow();
  }

  /** Native memory held, without the data. */
  get bytes(): number {
    return this.#native.bytes;
  }

  /** @throws invalid_argument unless 0 <= index < size */
  at(index: number): Student {
    const student = Number.isInteger(index) ? this.#students[index] : undefined;
    if (!student) throw invalid('student', `an index from 0 to ${this.size - 1}`, index);
    return student;
  }

  /** All of them, in order. */
  students(): Student[] {
    return [...this.#students];
  }

  /**
   * Trains each student until it has completed that many epochs, diverges, or stop() is called; students that
   * have completed them do not train. (A student's own `epochs` is for train(); this method ignores it.)
   * @param untilEpoch one number for all, or one per student
   */
  async run(untilEpoch: number | readonly number[]): Promise<void> {
    const native = this.#native.ready('run()');
    const epochs = typeof untilEpoch === 'number' ? this.#students.map(() => untilEpoch) : untilEpoch;
    this.#checkOnePerStudent('untilEpoch', epochs);
    for (const [i, epoch] of epochs.entries()) {
      const where = `untilEpoch of student ${i}`;
      if (nonNegativeInteger(where, epoch) > maximumEpochs)
        throw invalid(where, `at most ${maximumEpochs} epochs`, epoch);
    }
    await native.run(Float64Array.from(epochs));
  }

  /** Makes a pending run, evaluation or curve end after the current step. Harmless at any time. */
  stop(): void {
    this.#native.stop();
  }

  /** How far each student is. */
  progress(): Progress[] {
    return this.#native.ready('progress()').progress() as Progress[];
  }

  /**
   * @param data for all students, or one per student; null leaves a student out, whose numbers are then NaN
   * @throws data_mismatch naming the student
   */
  async evaluate(data: Dataset | readonly (Dataset | null)[]): Promise<Evaluation[]> {
    const each = data instanceof Dataset ? this.#students.map(() => data) : data;
    const [found] = await this.evaluateSets([each]);
    return this.#withBinaryAccuracies(found as Evaluation[], each);
  }

  /**
   * As evaluate(), for several lists of data at once: training and validation data, say. One call costs less than several. The
   * accuracy of one sigmoid output is NaN here: it needs another pass, which evaluate() makes.
   * @param sets each with one data set, or null, per student
   * @throws data_mismatch naming the student
   */
  async evaluateSets(sets: readonly (readonly (Dataset | null)[])[]): Promise<Evaluation[][]> {
    const native = this.#native.ready('evaluate()');
    denseArray('sets', 'an array with at least one array of one data set a student', sets);
    if (sets.length === 0)
      throw invalid('sets', 'an array with at least one array of one data set a student', sets);
    const samples = sets.map((each) => this.#samplesOf(each));
    return evaluationsOf(await native.evaluate(samples), sets.length, this.size);
  }

  /** One after the other: a population runs one call at a time. */
  async #withBinaryAccuracies(
    found: readonly Evaluation[],
    each: readonly (Dataset | null)[],
  ): Promise<Evaluation[]> {
    const evaluations: Evaluation[] = [];
    for (const [i, evaluation] of found.entries()) {
      const [student, data] = [this.at(i), each[i]];
      evaluations.push(
        data
          ? await withBinaryAccuracy(evaluation, student.spec, data, () => student.predict(data))
          : evaluation,
      );
    }
    return evaluations;
  }

  /**
   * Loss and gradient of every student at its present parameters, each over all of its data as one batch.
   * @param data for all students, or one per student; null leaves a student out
   * @throws data_mismatch naming the student; invalid_argument
   */
  async gradients(
    data: Dataset | readonly (Dataset | null)[],
    options: GradientOptions = {},
  ): Promise<(Gradient | null)[]> {
    const native = this.#native.ready('gradients()');
    const { inputs, statistics } = checkGradientOptions('options', options);
    const each = data instanceof Dataset ? this.#students.map(() => data) : data;
    for (const student of this.#students) checkStatistics(student.spec, options);
    const found = await native.gradients(this.#samplesOf(each), inputs, statistics);
    return found.map((one, i) => one && this.at(i).gradientOf(one));
  }

  #samplesOf(each: readonly (Dataset | null)[]): (ReturnType<Dataset['nativeOf']> | null)[] {
    this.#checkOnePerStudent('data', each);
    return each.map((one, i) => {
      if (one === null) return null;
      checkFits(`student ${i}`, checkDataset(`data of student ${i}`, one), this.at(i).spec, true);
      return one.nativeOf(this.dtype);
    });
  }

  /** Frees native memory; a pending call ends first. May be called twice. */
  dispose(): void {
    this.#native.dispose();
  }

  /** dispose(), for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkOnePerStudent(where: string, values: readonly unknown[]): void {
    if (!Array.isArray(values)) throw invalid(where, 'one value, or an array of one per student', values);
    if (values.length === this.size) {
      denseArray(where, 'an array', values);
      return;
    }
    throw new EigenstudentError(
      'invalid_argument',
      `expected one value per student (${this.size}) for ${where}, received ${values.length}`,
    );
  }
}
