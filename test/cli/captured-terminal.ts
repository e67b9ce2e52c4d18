import { PassThrough } from 'node:stream';
import { run } from '../../src/cli/program.js';

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Carries out a call in this process. */
export async function call(...argv: string[]): Promise<Outcome> {
  return callOn({}, ...argv);
}

/** What of a call is on a terminal. */
export interface TerminalKind {
  readonly stderr?: boolean;
  /** Characters of a line of standard output; absent where that is none. */
  readonly stdoutColumns?: number;
}

export async function callOn(
  { stderr: isTTY = false, stdoutColumns }: TerminalKind,
  ...argv: string[]
): Promise<Outcome> {
  const stdout = Object.assign(
    new PassThrough(),
    stdoutColumns !== undefined && { isTTY: true, columns: stdoutColumns },
  );
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 100, cursorTo: () => true });
  const exitCode = await run(argv, { stdout, stderr });
  const text = (stream: PassThrough) => String(stream.read() ?? '');
  return { exitCode, stdout: text(stdout), stderr: text(stderr) };
}
