import { basename, extname } from 'node:path';
import { readBytes } from '../sweep/directory/read-bytes.js';
import { parseProtocol } from '../sweep/protocol/protocol.js';
import type { Protocol } from '../sweep/protocol/protocol-schema.js';
import { type ExperimentOptions, experiment } from './experiment.js';
import type { ExitCode, Session } from './session.js';

/** @throws file_unreadable, invalid_protocol */
export async function readProtocolFile(path: string): Promise<Protocol> {
  return parseProtocol((await readBytes(path)).toString('utf8'), path);
}

/** The name of the run directory of a protocol, where none is given. */
export function runName(path: string): string {
  return basename(path, extname(path));
}

export async function trainProtocol(
  path: string,
  options: ExperimentOptions,
  session: Session,
): Promise<ExitCode> {
  return experiment(await readProtocolFile(path), runName(path), options, session);
}
