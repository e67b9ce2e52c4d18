import type { Network } from '../../../network/network.js';
import { firstWidthOf } from '../protocol/student-schema.js';
import type { StudentProtocol } from '../protocol/trial.js';
import type { NodeHistory } from '../record/node-history.js';
import { rankedLayer } from './student.js';

/**
 * Maximum number of entries of one trial's relevance history, half a megabyte; arbitrary. The paper's widest student
 * has 76 500.
 */
const mostNumbers = 2 ** 17;

/** Records the nodes of one student during training. */
export class NodeLog {
  readonly #relevance: Float32Array[];
  readonly #eigenvaluesOut: Float32Array[];

  private constructor(before: NodeHistory | undefined) {
    this.#relevance = before ? [before.relevance] : [];
    this.#eigenvaluesOut = before?.eigenvaluesOut ? [before.eigenvaluesOut] : [];
  }

  /**
   * A log for the first trial of its kind, unless it has too many nodes: figures show one trial, and the logs of all
   * would need more memory than their students.
   */
  static of({ trial, student, evaluation }: StudentProtocol, before?: NodeHistory): NodeLog | undefined {
    const small = firstWidthOf(student) * (evaluation.points + 1) <= mostNumbers;
    return trial === 0 && small ? new NodeLog(before) : undefined;
  }

  /** @param relevance [h] */
  note(network: Network, relevance: ArrayLike<number>): void {
    this.#relevance.push(Float32Array.from(relevance));
    const layer = network.spec.layers[rankedLayer];
    if (layer?.kind === 'spectral' && layer.tensors.eigenvaluesOut?.trainable)
      this.#eigenvaluesOut.push(Float32Array.from(network.tensor(`layers.${rankedLayer}.eigenvaluesOut`)));
  }

  history(): NodeHistory {
    return {
      relevance: joined(this.#relevance),
      ...(this.#eigenvaluesOut.length > 0 && { eigenvaluesOut: joined(this.#eigenvaluesOut) }),
    };
  }
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}
