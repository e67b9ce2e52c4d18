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
 * 0: done; 1: the work failed; 2: the call was wrong; 129: interrupted by a closed terminal (128 + SIGHUP); 130: interrupted by
 * SIGINT or SIGTERM, as shells have it of the first (128 + SIGINT).
 */
export const exitCodes = { done: 0, failed: 1, wrongCall: 2, hungUp: 129, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Work that a signal has ended in good order. */
export class InterruptedBySignal extends EigenstudentError {
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    cause: unknown,
  ) {
    super('interrupted', message, { cause });
  }
}

/** A subcommand that can be carried out: loaded, its arguments bound. */
export type Work = (session: Session) => Promise<ExitCode>;

/** Faults of what was asked for, not of the work. */
const faultsOfTheCall: readonly string[] = [
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

/** One call of the command: where its answer goes, and in which form. */
export class Session {
  constructor(
    readonly terminal: Terminal,
    /** One JSON document on standard output, and nothing else there. */
    readonly json: boolean,
    /** The call as it was typed, for messages that say how to repeat it. */
    readonly commandLine: string,
  ) {}

  /** The answer of the command, as JSON or as text. */
  answer(value: object, text: string): void {
    this.terminal.stdout.write(this.json ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`);
  }

  /** Anything that is not the answer. */
  note(text: string): void {
    this.terminal.stderr.write(`${text}\n`);
  }

  /** Tells of an error; returns what to exit with. */
  fail(error: unknown): ExitCode {
    const known = error instanceof EigenstudentError;
    const code = known ? error.code : 'internal';
    const message = reasonOf(error);
    if (this.json) this.answer({ error: { code, message } }, '');
    else this.note(`error: ${message}`);
    if (!known) this.note(String((Object(error) as Partial<Error>).stack ?? ''));
    // the inherited hasInstance narrows to the class above
    if (error instanceof InterruptedBySignal) return (error as InterruptedBySignal).exitCode;
    if (code === 'interrupted') return exitCodes.interrupted;
    return faultsOfTheCall.includes(code) ? exitCodes.wrongCall : exitCodes.failed;
  }
}
