import type { Writable } from 'node:stream';
import { EigenstudentError, reasonOf } from '../errors.js';

export interface Terminal {
  readonly stdout: Writable & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly hasColors?: () => boolean;
  };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/**
 * 0: success; 1: the work failed; 2: the call was wrong; 129: interrupted by a closed terminal (128 + SIGHUP); 130:
 * interrupted by SIGINT or SIGTERM, where shells use 128 + SIGINT for the first.
 */
export const exitCodes = { done: 0, failed: 1, wrongCall: 2, hungUp: 129, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Work that was ended cleanly by a signal. */
export class InterruptedBySignal extends EigenstudentError {
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    cause: unknown,
  ) {
    super('interrupted', message, { cause });
  }
}

/** A subcommand that is ready to run: loaded, its arguments bound. */
export type Work = (session: Session) => Promise<ExitCode>;

/** Codes of errors of the call, not of the work. */
const callErrors: readonly string[] = [
  'invalid_argument',
  'invalid_protocol',
  'invalid_network',
  'run_directory_conflict',
  'invalid_query',
  'file_unreadable',
  'file_unsupported',
  'invalid_data',
  'port_unavailable',
];

/** One call of the command: its output streams and format. */
export class Session {
  constructor(
    readonly terminal: Terminal,
    /** One JSON document on standard output, and nothing else there. */
    readonly json: boolean,
    /** The command line as typed, for messages that repeat it. */
    readonly commandLine: string,
  ) {}

  /** Writes the result of the command, as JSON or as text. */
  print(value: object, text: string): void {
    this.terminal.stdout.write(this.json ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`);
  }

  /** Writes a message that is not part of the result. */
  note(text: string): void {
    this.terminal.stderr.write(`${text}\n`);
  }

  /** Reports an error; returns the exit code. */
  fail(error: unknown): ExitCode {
    const packageError = error instanceof EigenstudentError;
    const code = packageError ? error.code : 'internal';
    const message = reasonOf(error);
    if (this.json) this.print({ error: { code, message } }, '');
    else this.note(`error: ${message}`);
    if (!packageError) this.note(String((Object(error) as Partial<Error>).stack ?? ''));
    // The inherited hasInstance narrows to the class above.
    if (error instanceof InterruptedBySignal) return (error as InterruptedBySignal).exitCode;
    if (code === 'interrupted') return exitCodes.interrupted;
    return callErrors.includes(code) ? exitCodes.wrongCall : exitCodes.failed;
  }
}
