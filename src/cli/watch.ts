import { stat } from 'node:fs/promises';
import { invalid } from '../arguments.js';
import { isLoopback } from '../live/host-names.js';
import { serveLivePage } from '../live/serve.js';
import { ignoreHangup } from './interruptible.js';
import { type ExitCode, exitCodes, type Session } from './session.js';

export interface WatchOptions {
  readonly host: string;
  readonly port: number;
  readonly ignoreHangup?: boolean;
}

/** Serves the live page until it is interrupted, which is its regular end. */
export async function watch(directory: string, options: WatchOptions, session: Session): Promise<ExitCode> {
  const { host, port } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw invalid('--port', 'a whole number from 0 (any free port) to 65535', port);
  if (host === '') throw invalid('--host', 'an address of this machine', host);
  await refuseFile(directory);
  if (options.ignoreHangup) ignoreHangup(); // Otherwise the default applies: the server ends, with 129.
  const server = await serveLivePage(directory, { host, port });
  const interrupted = interruption();
  try {
    if (!isLoopback(host))
      session.note(
        `warning: whoever can reach ${host} can read this page, without a password. Nothing on it changes the sweep`,
      );
    const { url } = server;
    session.print(
      { url, host, port: server.port, directory },
      `${url}\nfollows ${directory}; Ctrl-C ends it`,
    );
    await interrupted;
  } finally {
    await server.close();
  }
  return exitCodes.done;
}

/** Refuses a file: a directory may be created later, but a file never becomes one. */
async function refuseFile(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found && !found.isDirectory())
    throw invalid('<directory>', 'a run directory, there already or to come', directory, 'It is a file');
}

function interruption(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
