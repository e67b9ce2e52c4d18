/** Checkpoints: everything that changes while a population trains, in one safetensors file. */
import { types } from 'node:util';
import { EigenstudentError } from '../errors.js';
import {
  readSafetensors,
  type SafeTensor,
  type SafetensorsFile,
  safeTensor,
  writeSafetensors,
} from '../files/safetensors.js';
import { arithmeticRevision } from '../native/arithmetic.js';
import { describe } from '../network/description.js';
import { parameterCount, tensorLayout } from '../network/layout.js';
import { specToJson } from '../network/spec-json.js';
import type { Population } from '../population/population.js';
import type { Student, StudentState } from '../population/student.js';
import { fingerprint } from './fingerprint.js';
import { type TrainingMemory, trainingMemory } from './training-memory.js';

const schema = '1';
const blocks = ['parameters', 'firstMoment', 'secondMoment', 'buffers', 'updateCount'] as const;

/**
 * Writes the state of every student, and of early stopping, to one file, atomically. (For a network that other
 * programs read, see Network.save.)
 * @throws population_busy, population_disposed, file_unwritable
 */
export async function saveCheckpoint(population: Population, path: string): Promise<void> {
  const { tensors, metadata } = checkpointOf(population, population.students());
  await writeSafetensors(path, tensors, metadata);
}

/**
 * A checkpoint of some students of a population: any population that has these students can continue from it,
 * with or without others. Other tensors and metadata may be added before it is written.
 * @throws population_busy, population_disposed
 */
export function checkpointOf(population: Population, students: readonly Student[]): SafetensorsFile {
  const tensors = new Map<string, SafeTensor>();
  const places: Record<number, unknown> = {};
  const steps = students.map((student, place) => {
    const state = student.state();
    for (const block of blocks) {
      const data = state[block];
      if (data) tensors.set(`students.${place}.${block}`, safeTensor(data));
    }
    if (state.epoch !== undefined) places[place] = { epoch: state.epoch, position: state.position };
    return state.step;
  });
  const memory = trainingMemory(population);
  return {
    tensors,
    metadata: {
      checkpoint: schema,
      identity: JSON.stringify(identityOf(population, students)),
      steps: JSON.stringify(steps),
      ...(Object.keys(places).length > 0 && { places: JSON.stringify(places) }),
      // JSON has no Infinity: a best loss before the first evaluation becomes null
      memory: JSON.stringify(students.map(({ index }) => memory[index])),
    },
  };
}

/**
 * Continues a population of the same students from a checkpoint, bit for bit. `epochs` may differ: training may go on for
 * longer than was planned. Nothing is changed when the file is refused.
 * @throws data_mismatch naming the first field that differs (engine, arithmetic, dtype, network, optimizer, data, ...);
 *   file_unreadable, file_corrupt, population_busy, population_disposed
 */
export async function restoreCheckpoint(population: Population, path: string): Promise<void> {
  population.progress(); // throws when busy or disposed, before a file is read
  continueFrom(await readSafetensors(path), path, population, population.students());
}

/**
 * Restores some students of a population from the checkpoint of these students. Nothing is changed when it is
 * refused.
 * @param path names the file in errors
 * @throws data_mismatch, file_corrupt, population_busy, population_disposed
 */
export function continueFrom(
  file: SafetensorsFile,
  path: string,
  population: Population,
  students: readonly Student[],
): void {
  if (file.metadata.checkpoint !== schema) {
    const found = file.metadata.checkpoint === undefined ? 'no checkpoint' : 'one of another version';
    throw corrupt(path, `expected a checkpoint of version ${schema}, found ${found}`);
  }
  const expected: unknown = JSON.parse(JSON.stringify(identityOf(population, students)));
  const difference = firstDifference(parse(file, 'identity', path), expected, '');
  if (difference) {
    const [field, inFile, here] = difference;
    throw new EigenstudentError(
      'data_mismatch',
      `${path} was written by another population: ${field} is ${inFile} in the file and ${here} here. ` +
        'Create the population as it was, or start again without the checkpoint',
    );
  }
  const steps = parse(file, 'steps', path) as number[];
  const memory = readMemory(file, students.length, path);
  const states = students.map((student, place) => readState(file, student, place, steps, path));
  const remembered = trainingMemory(population);
  for (const [place, student] of students.entries()) {
    student.restore(states[place] as StudentState);
    remembered[student.index] = memory[place] as TrainingMemory;
  }
}

/** Everything besides the state that the continuation depends on. */
function identityOf(population: Population, students: readonly Student[]) {
  return {
    engine: population.engine,
    arithmetic: arithmeticRevision(population.engine),
    dtype: population.dtype,
    size: students.length,
    students: students.map(({ options }) => ({
      network: withoutInitializers(specToJson(options.spec)),
      optimizer: options.optimizer,
      batchSize: options.batchSize,
      phases: options.phases,
      seed: options.seed,
      trial: options.trial,
      ...(options.augment && { augment: options.augment }),
      ...(options.population && { loss: 'population' }),
      ...dataOf(options),
    })),
  };
}

/**
 * A student of a stream is identified by the stream. Fields with default values are left out of identities,
 * as in older files.
 */
function dataOf({ data, stream, shuffle, stepsPerEpoch }: Student['options']) {
  return {
    ...(!shuffle && { shuffle }),
    ...(stepsPerEpoch > 0 && { stepsPerEpoch }),
    ...(stream === undefined ? { data: fingerprint(data) } : { stream, inputCount: data.inputCount }),
  };
}

/** Initialisers are left out: the continuation does not depend on them. */
function withoutInitializers(spec: string): unknown {
  return JSON.parse(spec, (key, value) => (key === 'initialize' ? undefined : value));
}

/** [path of the field, value in a, value in b] where two JSON values first differ. */
function firstDifference(a: unknown, b: unknown, path: string): [string, string, string] | undefined {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return Object.is(a, b) ? undefined : [path, valueText(a), valueText(b)];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const field = Array.isArray(b) ? `${path}[${key}]` : `${path}${path && '.'}${key}`;
    const found = firstDifference(valueAt(a, key), valueAt(b, key), field);
    if (found) return found;
  }
  return undefined;
}

function valueText(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}

function valueAt(object: object, key: string): unknown {
  return (object as Readonly<Record<string, unknown>>)[key];
}

/** Checked as strictly as Student.restore does, so that no student is changed when a later one is refused. */
function readState(
  file: SafetensorsFile,
  student: Student,
  place: number,
  steps: number[],
  path: string,
): StudentState {
  const { spec, optimizer } = student.options;
  const isKind = student.dtype === 'float32' ? types.isFloat32Array : types.isFloat64Array;
  const read = (block: (typeof blocks)[number], size = parameterCount(spec)) => {
    const name = `students.${place}.${block}`;
    const data = file.tensors.get(name)?.data;
    if (isKind(data) && data.length === size) return data;
    throw corrupt(path, `tensor ${name} is missing, or not ${size} numbers in ${student.dtype}`);
  };
  const { bufferScalars } = describe(spec);
  const updateCount = file.tensors.get(`students.${place}.updateCount`)?.data;
  const step = steps[place];
  const counted = types.isFloat64Array(updateCount) && updateCount.length === tensorLayout(spec).length;
  if (!counted || !Number.isSafeInteger(step))
    throw corrupt(path, `the counters of student ${place} are missing`);
  const state = {
    parameters: read('parameters'),
    firstMoment: read('firstMoment'),
    ...placeOf(file, place, student, path),
    ...(bufferScalars > 0 && { buffers: read('buffers', bufferScalars) }),
    updateCount,
    step: step as number,
  };
  return optimizer.kind === 'sgd' ? state : { ...state, secondMoment: read('secondMoment') };
}

/** For a student of a stream: its position in its chunk. */
function placeOf(file: SafetensorsFile, place: number, { options }: Student, path: string) {
  if (options.stream === undefined) return {};
  const found = (parse(file, 'places', path) as Record<number, { epoch: number; position: number }>)[place];
  if (!found) throw corrupt(path, `the place of student ${place} in its stream is missing`);
  return found;
}

function readMemory(file: SafetensorsFile, size: number, path: string): TrainingMemory[] {
  const memory = parse(file, 'memory', path);
  if (!Array.isArray(memory) || memory.length !== size)
    throw corrupt(path, `its "memory" is not that of ${size} students`);
  return (memory as (Omit<TrainingMemory, 'best'> & { readonly best: number | null })[]).map((one) => ({
    ...one,
    best: one.best ?? Infinity,
  }));
}

function parse(file: SafetensorsFile, key: string, path: string): unknown {
  try {
    return JSON.parse(file.metadata[key] ?? '');
  } catch (cause) {
    throw corrupt(path, `its "${key}" is not JSON`, cause);
  }
}

function corrupt(path: string, reason: string, cause?: unknown): EigenstudentError {
  return new EigenstudentError('file_corrupt', `${path} is not a checkpoint to continue from: ${reason}`, {
    cause,
  });
}
