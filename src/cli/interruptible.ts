import { EigenstudentError } from '../errors.js';
import { type ExitCode, exitCodes, InterruptedBySignal, type Session } from './session.js';

/**
 * SIGINT is Ctrl-C, SIGTERM what schedulers send, SIGHUP what a closed terminal sends. Node sets SIGHUP back to its default
 * before any of our code runs, so that nobody here can see that `nohup` had it ignored: SIGHUP is always handled.
 */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Milliseconds after the answer to the first signal before a further one ends the process at once. `timeout` and `npm run`
 * signal the process and its group, a closed terminal sends SIGHUP and SIGTERM, fingers press Ctrl-C twice: those are one
 * request. Arbitrary.
 */
const oneRequest = 1000;

/**
 * Runs work that SIGINT, SIGTERM or SIGHUP ends in good order; a further one, from a second after the first was answered, ends
 * the process at once. The exit status is that of the first signal. Interrupted, signals stay answered until the process
 * ends: one that comes while the message is written must not change how the process ends.
 * @param options.ignoreHangup SIGHUP changes nothing
 * @throws interrupted, with the command that goes on
 */
export async function interruptible<Result>(
  session: Session,
  options: { readonly ignoreHangup?: boolean },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let first: { exitCode: ExitCode; readonly answered: number } | undefined;
  let isSameTurn = true;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGHUP' && options.ignoreHangup) return;
    if (first) {
      // Of signals that are pending together the kernel has SIGHUP, the first of a closed terminal, handled last.
      if (signal === 'SIGHUP' && isSameTurn) first.exitCode = exitCodes.hungUp;
      if (performance.now() - first.answered >= oneRequest) process.exit(first.exitCode);
      return;
    }
    const hint = signal === 'SIGHUP' ? ' (--ignore-hangup goes on)' : '';
    session.note(`${signal}: finishing the step; once more to stop at once${hint}`);
    controller.abort(new Error(`received ${signal}`));
    first = { exitCode: exitCodeOf(signal), answered: performance.now() };
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

/** From here on the closing of the terminal changes nothing. */
export function ignoreHangup(): void {
  process.on('SIGHUP', () => undefined);
}
