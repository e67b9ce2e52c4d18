import { EigenstudentError } from '../errors.js';
import { type ExitCode, exitCodes, InterruptedBySignal, type Session } from './session.js';

/**
 * SIGINT is sent by Ctrl-C, SIGTERM by schedulers, SIGHUP by a closed terminal. Node resets SIGHUP to its default
 * before any of our code runs, so that we cannot detect that `nohup` had set it to be ignored: SIGHUP is always
 * handled.
 */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Milliseconds after the response to the first signal before a further one ends the process at once. `timeout` and `npm
 * run` signal the process and its group, a closed terminal causes SIGHUP and SIGTERM, users press Ctrl-C twice: those
 * are one request. Arbitrary.
 */
const oneRequest = 1000;

/**
 * Runs work that SIGINT, SIGTERM or SIGHUP ends cleanly; a further signal, from a second after the response to the
 * first, ends the process at once. The exit status is that of the first signal. After an interruption the handlers
 * remain until the process ends: a signal that arrives while the message is written must not change the exit status.
 * @param options.ignoreHangup SIGHUP has no effect
 * @throws interrupted, with the command that continues
 */
export async function interruptible<Result>(
  session: Session,
  options: { readonly ignoreHangup?: boolean },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let first: { exitCode: ExitCode; readonly respondedAt: number } | undefined;
  let isSameTurn = true;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGHUP' && options.ignoreHangup) return;
    if (first) {
      // Of simultaneously pending signals the kernel delivers SIGHUP, the first of a closed terminal, last.
      if (signal === 'SIGHUP' && isSameTurn) first.exitCode = exitCodes.hungUp;
      if (performance.now() - first.respondedAt >= oneRequest) process.exit(first.exitCode);
      return;
    }
    const hint = signal === 'SIGHUP' ? ' (--ignore-hangup goes on)' : '';
    session.note(`${signal}: finishing the step; once more to stop at once${hint}`);
    controller.abort(new Error(`received ${signal}`));
    first = { exitCode: exitCodeOf(signal), respondedAt: performance.now() };
    setImmediate(() => {
      isSameTurn = false;
    });
  };
  for (const signal of endingSignals) process.on(signal, onSignal);
  let interrupted = false;
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!(error instanceof EigenstudentError) || error.code !== 'interrupted') throw error;
    interrupted = first !== undefined;
    throw new InterruptedBySignal(
      `${error.message}:\n  ${session.commandLine}`,
      first?.exitCode ?? exitCodes.interrupted,
      error,
    );
  } finally {
    if (!interrupted) for (const signal of endingSignals) process.off(signal, onSignal);
  }
}

function exitCodeOf(signal: NodeJS.Signals): ExitCode {
  return signal === 'SIGHUP' ? exitCodes.hungUp : exitCodes.interrupted;
}

/** From now on closing the terminal has no effect. */
export function ignoreHangup(): void {
  process.on('SIGHUP', () => undefined);
}
