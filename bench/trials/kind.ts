/** All that the runner knows of a trial, whatever its kind. */

/** Programs that a trial is compared with, if the machine has them. */
export type ProgramName = 'torch' | 'openblas' | 'steps';

/** How to start a program, or why it is not here. */
export type FoundProgram = { readonly command: readonly string[] } | { readonly missing: string };

export interface TrialContext {
  /** To spend on timed samples, after checks and warm-up. */
  readonly seconds: number;
  readonly programs: Readonly<Partial<Record<ProgramName, FoundProgram>>>;
}

/** One thing to measure. It runs in a process of its own and times nothing that it has not checked. */
export interface Trial {
  readonly name: string;
  readonly threads: number;
  /** Part of `npm run bench`; the others wait for `-- --full`. */
  readonly quick: boolean;
  /** What the microseconds are of, as in "step". */
  readonly unit: string;
  /** Useful floating-point operations of one unit (arithmetic.ts); absent where time is not spent on arithmetic. */
  readonly operations?: number;
  readonly programs: readonly ProgramName[];
  measure(context: TrialContext): Promise<Measurement>;
}

/** A peer's time for one unit. Further fields say what the peer is, as in "blas". */
export interface PeerTime {
  readonly microseconds: number;
  /** The peer's time over ours: above 1 where we are faster. */
  readonly ratio: number;
  readonly [fact: string]: string | number;
}

export interface Measurement {
  /** Device and instruction set that did the work; "node" where none did. */
  readonly engine: string;
  /** Median over the samples, of one unit. */
  readonly microseconds: number;
  /** Median absolute deviation of the samples, in percent of their median. */
  readonly spreadPercent: number;
  readonly samples: number;
  /** Largest relative difference of a tensor, or of an answer, from the reference backend's. */
  readonly difference?: number;
  readonly peers: Readonly<Record<string, PeerTime>>;
  /** Numbers that only this kind has; a name ends in its unit. */
  readonly details?: Readonly<Record<string, number>>;
  /** Peers that are not here, and why. */
  readonly missing?: Readonly<Record<string, string>>;
}
