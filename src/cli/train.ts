import { stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { invalid, quote } from '../arguments.js';
import { readText } from '../files/text-file.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { parseProtocol } from '../protocol/protocol.js';
import { experimentOf } from '../sweep/experiment.js';
import { type ExperimentOptions, experiment } from './experiment.js';
import type { ExitCode, Session } from './session.js';

/**
 * The files that it names are relative to its folder.
 * @throws file_unreadable, invalid_protocol
 */
export async function readProtocolFile(path: string): Promise<ProtocolDocument> {
  const protocol = parseProtocol(await readText(path), path);
  return experimentOf(protocol).fromFolder?.(protocol, dirname(path)) ?? protocol;
}

/** The default name of a protocol's run directory. */
export function runName(path: string): string {
  return basename(path, extname(path));
}

/** False where it does not exist: the error of reading it has the reason. */
export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** @throws invalid_argument for a folder; errors of reading and of sweep() */
export async function trainProtocol(
  path: string,
  options: ExperimentOptions,
  session: Session,
): Promise<ExitCode> {
  if (await isFolder(path)) {
    const advice = `\`eigenstudent sweep ${quote(path)}\` goes on with a run directory`;
    throw invalid('<protocol>', 'a file', path, `It is a directory; ${advice}`);
  }
  return experiment(await readProtocolFile(path), runName(path), options, session);
}
