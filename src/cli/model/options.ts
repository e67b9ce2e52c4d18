/** Checks options of `prune MODEL` that require another option, or a certain kind of file. */
import { extname } from 'node:path';
import { EigenstudentError } from '../../errors.js';
import type { LayerChoice } from '../../pruning/chosen-groups.js';
import type { Scope } from '../../pruning/joint-order.js';
import type { Criterion } from '../../pruning/relevance.js';
import { dashed } from '../arguments.js';
import type { ModelDataOptions } from '../model-data.js';

/** By commander's names. */
export interface PruneModelOptions extends ModelDataOptions {
  readonly ignoreHangup?: boolean;
  readonly keep?: number;
  readonly percentile?: number;
  readonly maxDegradation?: number;
  readonly loss?: string;
  readonly metric?: string;
  readonly description?: string;
  readonly output?: string;
  readonly scope?: Scope;
  readonly criterion?: Criterion;
  /** Names or indices of layers. */
  readonly leave?: readonly LayerChoice[];
  readonly round?: number;
  readonly points?: number;
  readonly recalibrate?: boolean;
  readonly fineTune?: number;
  readonly learningRate?: number;
  readonly batchSize?: number;
  /** 'auto', or penalties of eigenvectors and eigenvaluesOut. */
  readonly l2?: 'auto' | readonly number[];
  readonly export?: string;
}

type Name = keyof PruneModelOptions;

/** The options of which each requires one, with an example. */
const needs: readonly (readonly [names: readonly Name[], oneOf: readonly Name[], example: string])[] = [
  [['fineTune', 'normalize', 'recalibrate'], ['data'], '--data x.npy y.npy'],
  [['maxDegradation'], ['data', 'validationData'], '--data x.npy y.npy'],
  [
    ['metric', 'inputs', 'labels', 'exclude', 'loss', 'points'],
    ['data', 'validationData', 'testData'],
    '--data x.npy y.npy',
  ],
  [['learningRate', 'batchSize', 'l2'], ['fineTune'], '--fine-tune 20'],
];

/** @throws invalid_argument */
export function checkModelOptions(path: string, options: PruneModelOptions): void {
  for (const [names, wanted, example] of needs)
    for (const name of names) {
      if (options[name] === undefined || wanted.some((other) => options[other] !== undefined)) continue;
      throw new EigenstudentError(
        'invalid_argument',
        `expected ${wanted.map(dashed).join(' or ')} to go with ${dashed(name)}, as in ${example}, received none`,
      );
    }
  const split = options.data !== undefined && options.validationData === undefined;
  const isRandom = options.criterion === 'random';
  if (options.seed !== undefined && !split && options.fineTune === undefined && !isRandom)
    refuse(
      'seed',
      'it names the split of --data, the shuffles of --fine-tune and the order of --criterion random, and none is asked for',
    );
  if (options.description !== undefined && extname(path).toLowerCase() === '.onnx')
    refuse('description', `${path} is ONNX, which says itself what its layers are`);
  if (options.output !== undefined && extname(path).toLowerCase() !== '.onnx')
    refuse('output', `${path} is not ONNX, and has one output`);
}

function refuse(name: Name, reason: string): never {
  throw new EigenstudentError('invalid_argument', `expected no ${dashed(name)} here: ${reason}`);
}
