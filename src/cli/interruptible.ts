import { EigenstudentError } from '../errors.js';
import { exitCodes, type Session } from './session.js';

/**
 * Runs work that SIGINT (Ctrl-C) or SIGTERM ends in good order; a second one ends the process at once.
 * @throws interrupted, with the command that goes on
 */
export async function interruptible<Result>(
  session: Session,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    session.note(`${signal}: finishing the step; once more to stop at once`);
    controller.abort(new Error(`received ${signal}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!(error instanceof EigenstudentError) || error.code !== 'interrupted') throw error;
    throw new EigenstudentError('interrupted', `${error.message}:\n  ${session.commandLine}`, {
      cause: error,
    });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
