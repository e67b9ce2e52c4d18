/** One element of bench/results/<card>-<commit>.json. */
export interface Row {
  readonly name: string;
  /** "cuda-sm90" and the like. */
  readonly engine?: string;
  /** Of the whole work, where the work is the same every time. */
  readonly seconds?: number;
  /** Where the work was shortened: the epochs of each student; the paper's are 2 000. */
  readonly epochs?: number;
  readonly milliseconds?: number;
  /** Steps of all students, a second. */
  readonly studentStepsPerSecond?: number;
  /** Half the spread that covers half the samples, in percent of the median. */
  readonly spreadPercent?: number;
  /** Useful arithmetic only, see operationsPerStep. */
  readonly teraflops?: number;
  /** Of the float32 multiply-add rate measured on the card in the same run. */
  readonly fractionOfPeak?: number;
  /** Processor time of this process for 1 000 steps of a student. */
  readonly hostMicrosecondsPer1000Steps?: number;
  /** Mean training loss of the students after `checkedEpochs` epochs: the peers' must be near it. */
  readonly meanTrainLoss?: number;
  /** Largest relative difference of a tensor from the CPU's after one epoch. */
  readonly difference?: number;
  /** By parametrisation and width: mean over the trials. */
  readonly effectiveSizes?: Readonly<Record<string, number>>;
  readonly peers?: Readonly<Record<string, Peer>>;
}

export interface Peer {
  readonly version: string;
  readonly studentStepsPerSecond: number;
  readonly meanTrainLoss: number;
  /** Our rate over the peer's. */
  readonly ratio: number;
  /** Its loss is far from ours: the ratio says nothing. */
  readonly differs?: boolean;
}

/** Epochs after which losses are compared, ours and the peers'. */
export const checkedEpochs = 3;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[middle - 1] as number, sorted[middle] as number];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

export function spreadPercent(values: readonly number[]): number {
  const center = median(values);
  return (100 * median(values.map((value) => Math.abs(value - center)))) / center;
}
