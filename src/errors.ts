/** The same in every copy of the package that a process has loaded. */
const brand = Symbol.for('eigenstudent.EigenstudentError');

/**
 * The one error class that users of the package meet. `code` is stable and made for programs; the message says what
 * was expected, what came, where, and what to do. `instanceof` knows those of other copies of the package, too.
 */
export class EigenstudentError extends Error {
  override readonly name = 'EigenstudentError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** @internal */
  get [brand](): true {
    return true;
  }

  /** A test runner may load the package once per file, and an installation may hold two versions of it. */
  static override [Symbol.hasInstance](value: unknown): value is EigenstudentError {
    // biome-ignore lint/complexity/noThisInStatic: of a class that extends this one, `this` is that class
    if (this !== EigenstudentError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** What a thrown value says. Anything may be thrown, and errors of another realm are no `Error` of this one. */
export function reasonOf(thrown: unknown): string {
  const { message } = Object(thrown) as { message?: unknown };
  return typeof message === 'string' ? message : String(thrown);
}

/** Of an error of the operating system: "ENOENT", "ENOSPC", ... */
export function codeOf(thrown: unknown): string | undefined {
  const { code } = Object(thrown) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** What went wrong, for programs. Each docstring names those that a call can throw. */
export type ErrorCode =
  | 'invalid_argument'
  | 'invalid_network'
  | 'invalid_protocol'
  | 'data_mismatch'
  | 'population_busy'
  | 'population_disposed'
  | 'diverged'
  | 'addon_missing'
  | 'cuda_unavailable'
  | 'cuda_failed'
  | 'isa_unavailable'
  | 'out_of_memory'
  | 'file_unreadable'
  | 'file_unwritable'
  | 'file_corrupt'
  | 'file_unsupported'
  | 'invalid_data'
  | 'run_directory_conflict'
  | 'port_unavailable'
  | 'duckdb_missing'
  | 'invalid_query'
  | 'slurm_missing'
  | 'slurm_refused'
  | 'slurm_unreachable'
  | 'interrupted'
  | 'internal';
