/** The history of a student's nodes in arrays.safetensors and checkpoints, where it was kept. */
import { types } from 'node:util';
import { EigenstudentError } from '../../../errors.js';
import { type SafeTensor, type SafetensorsFile, safeTensor } from '../../../files/safetensors.js';

/** The ranked layer of h nodes, before the first step and at each of the n entries of the loss history. */
export interface NodeHistory {
  /** [n + 1][h], not normalised */
  readonly relevance: Float32Array;
  /** [n + 1][h] lambda_out; absent where it is not trained */
  readonly eigenvaluesOut?: Float32Array;
}

const names = ['relevance', 'eigenvaluesOut'] as const;

/**
 * By name; readNodeHistory is the inverse.
 * @param rows n + 1
 */
export function nodeHistoryTensors(history: NodeHistory, rows: number): [string, SafeTensor][] {
  return names.flatMap((name): [string, SafeTensor][] => {
    const data = history[name];
    return data ? [[`nodeHistory.${name}`, safeTensor(data, [rows, data.length / rows])]] : [];
  });
}

/**
 * undefined where none was kept: for most trials, and for all that an earlier version wrote.
 * @param rows n + 1
 * @param path names the file in errors
 * @throws file_corrupt for another shape or dtype than expected
 */
export function readNodeHistory(
  { tensors }: SafetensorsFile,
  rows: number,
  path: string,
): NodeHistory | undefined {
  const [relevance, eigenvaluesOut] = names.map((name) => {
    const tensor = tensors.get(`nodeHistory.${name}`);
    if (tensor === undefined) return undefined;
    const { data, dtype, shape } = tensor;
    if (types.isFloat32Array(data) && shape.length === 2 && shape[0] === rows) return data;
    throw new EigenstudentError(
      'file_corrupt',
      `${path}: expected tensor nodeHistory.${name} of dtype F32 and shape [${rows}, width], received ${dtype} [${shape.join(', ')}]`,
    );
  });
  return relevance && { relevance, eigenvaluesOut };
}
