/**
 * `eigenstudent/data`: data that people bring, from files to the parts of an experiment. An entry of its own, so that the
 * libraries behind the formats are loaded only by who wants them.
 * @module eigenstudent/data
 */

// Files

export { readCifar10 } from './cifar10.js';
export type { ColumnChoice, TableData } from './columns.js';
export { type CsvOptions, readCsv } from './csv.js';
export { type IdxFiles, readIdx, readIdxArray } from './idx.js';
export { type NpyArray, type NpyData, parseNpy, readNpy } from './npy.js';
export { readNpz } from './npz.js';
export { type ArrayNames, readNpyData, readNpzData } from './numpy-data.js';
export { readParquet } from './parquet.js';

// From a data set to what an experiment needs

export {
  fitNormalization,
  type Normalization,
  type NormalizationKind,
  normalizeInputs,
  normalizeSplits,
} from './normalization.js';
export { type SplitOptions, type Splits, splitData } from './splits.js';
