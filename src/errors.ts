/**
 * The one error class that users of the package meet. `code` is stable and made for programs; the message says what
 * was expected, what came, where, and what to do.
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
