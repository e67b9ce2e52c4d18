import { PassThrough } from 'node:stream';
import { run } from '../../src/cli/program.js';

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Carries out a call in this process. */
export async function call(...argv: string[]): Promise<Outcome> {
  return callOn(false, ...argv);
}

/** The same, with standard error on a terminal. */
export async function callOn(terminal: boolean, ...argv: string[]): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), { isTTY: terminal, columns: 100, cursorTo: () => true });
  const exitCode = await run(argv, { stdout, stderr });
  const text = (stream: PassThrough) => String(stream.read() ?? '');
  return { exitCode, stdout: text(stdout), stderr: text(stderr) };
}
