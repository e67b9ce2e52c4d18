/**
 * `eigenstudent/data`: reads users' data from files and makes the parts of an experiment from them. A
 * separate entry, so that the libraries for the formats are loaded only where they are used.
 * @module eigenstudent/data
 */

// Files

export { readCifar10 } from './cifar10.js';
export type { ColumnChoice, TableData } from './columns.js';
export { type CsvOptions, readCsv } from './csv.js';
export { type FashionMnist, type FashionMnistOptions, fashionMnist } from './fashion-mnist.js';
export { type IdxFiles, readIdx, readIdxArray } from './idx.js';
export { type NpyArray, type NpyData, parseNpy, readNpy } from './npy.js';
export { readNpz } from './npz.js';
export { type ArrayNames, readNpyData, readNpzData } from './numpy-data.js';
export { readParquet } from './parquet.js';

// From a data set to what an experiment needs

export {
  fitNormalization,
  type GivenNormalization,
  type Normalization,
  type NormalizationKind,
  normalizeInputs,
  normalizeSplits,
} from './normalization.js';
export { type SplitOptions, type Splits, splitData } from './splits.js';
export { withShape } from './with-shape.js';
