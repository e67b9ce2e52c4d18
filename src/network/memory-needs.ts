/**
 * Estimates the memory that students need on a CPU, before they are created; mostly an upper bound
 * (bench/README.md).
 */
import type { DType } from '../native/addon.js';

/** What the bytes of a student depend on. */
export interface StudentShape {
  readonly inputs: number;
  /** Nodes of each layer, first to last. */
  readonly widths: readonly number[];
  readonly dtype: DType;
  /** Numbers that the optimiser keeps for each parameter: 1 of SGD, 2 of Adam. */
  readonly moments: 1 | 2;
  readonly batchSize: number;
  /** Of a student on the general executor: numbers of its parameters, and of the outputs of all layers per sample. */
  readonly general?: { readonly parameters: number; readonly outputs: number };
}

export interface StudentBytes {
  /** For as long as the student exists. */
  readonly held: number;
  /** During work: per thread that works on a student of this shape, or once where all threads share one student. */
  readonly working: number;
  /** Briefly, while its first values are drawn or its parameters are read. */
  readonly passing: number;
  /** Whether all threads work on one student: see is_wide in native/cpu/fused/plan.cpp. */
  readonly wide: boolean;
}

/** Numbers in a register of AVX-512, in float32: rows of matrices are padded to it. */
const lanes = 16;
/** See is_wide, is_thin_pair, rows_per_block and chunk_samples in native/cpu. */
const wideFrom = 2 ** 18;
const thin = 64;
const longestBlock = 1020;
const narrowBlockBytes = 384 * 1024;
/** See rows_at_once in native/executor/graph_student.h. */
const generalRows = 256;

/**
 * Of the objects of a student and of a population, besides their numbers: above what was measured
 * (bench/README.md), up to width 20 twice that.
 */
const aroundStudent = 40 * 2 ** 10;
const aroundPopulation = 4 * 2 ** 20;

export function scalarBytes(dtype: DType): number {
  return dtype === 'float32' ? 4 : 8;
}

export function bytesOfStudent(shape: StudentShape): StudentBytes {
  const { inputs, widths, dtype, moments, batchSize, general } = shape;
  const scalar = scalarBytes(dtype);
  if (general) return bytesOfGeneral(shape, general);
  const sizes = [inputs, ...widths];
  let [numbers, padded] = [0, 0];
  for (const [k, width] of widths.entries()) {
    const below = sizes[k] as number;
    numbers += width * below + 2 * width + below;
    padded +=
      Math.min(upToLanes(width) * below, width * upToLanes(below)) + 2 * upToLanes(width) + upToLanes(below);
  }
  const wide = numbers >= wideFrom;
  // A panel at a time of the nodes of a pair; no more than what a layer of `thin` nodes takes.
  const kept = wide && isThinPair(sizes) ? [...sizes.slice(0, 1), thin, ...sizes.slice(2)] : sizes;
  const row = kept.reduce((sum, width) => sum + 2 * upToLanes(width), 0);
  const rows = wide ? longestBlock : Math.max(48, narrowBlockBytes / (row * scalar));
  // Weights in both orders and gradients; outputs and their derivatives of a block of samples.
  const working = scalar * (3 * padded + (wide ? longestBlock : Math.min(rows, batchSize + lanes)) * row);
  const held = aroundStudent + scalar * padded * (1 + moments);
  return { held, working, passing: numbers * (8 + scalar), wide };
}

/**
 * Parameters and moments; while a thread works on it, gradients of the parameters, and outputs, saved values and gradients of
 * a batch or of the samples that are evaluated at once.
 */
function bytesOfGeneral(
  { inputs, dtype, moments, batchSize }: StudentShape,
  { parameters, outputs }: NonNullable<StudentShape['general']>,
): StudentBytes {
  const scalar = scalarBytes(dtype);
  const rows = upToLanes(Math.max(batchSize, generalRows));
  const held = aroundStudent + scalar * (1 + moments) * parameters;
  const working = scalar * (parameters + rows * (3 * outputs + 3 * inputs));
  return { held, working, passing: parameters * (8 + scalar), wide: false };
}

function isThinPair([inputs = 0, nodes = 0, outputs = Infinity]: readonly number[]): boolean {
  const fewer = Math.max(inputs, outputs);
  return fewer < nodes && fewer <= thin;
}

function upToLanes(count: number): number {
  return Math.ceil(count / lanes) * lanes;
}

export interface PopulationBytes {
  readonly students: number;
  readonly data: number;
  readonly working: number;
  /** Index of the student that needs most. */
  readonly largest: number;
}

/**
 * Of students side by side.
 * @param threads that work on them
 * @param data bytes of the data that are not in native memory yet
 */
export function bytesOfPopulation(
  shapes: readonly StudentShape[],
  threads: number,
  data: number,
): PopulationBytes {
  let [students, wide, narrow, passing, largest, most] = [0, 0, 0, 0, 0, 0];
  for (const [i, shape] of shapes.entries()) {
    const bytes = bytesOfStudent(shape);
    students += bytes.held;
    if (bytes.wide) wide = Math.max(wide, bytes.working);
    else narrow = Math.max(narrow, bytes.working);
    passing = Math.max(passing, bytes.passing);
    if (bytes.held > most) [largest, most] = [i, bytes.held];
  }
  const working = aroundPopulation + wide + Math.min(threads, shapes.length) * narrow + passing;
  return { students, data, working, largest };
}

/** Of a data set in native memory, and of the copy in another dtype that it is made from. */
export function bytesOfData(samples: number, numbersPerSample: number, dtype: DType): number {
  return 2 * scalarBytes(dtype) * samples * numbersPerSample;
}
