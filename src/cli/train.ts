import { basename, extname } from 'node:path';
import { readBytes } from '../sweep/directory/read-bytes.js';
import { parseProtocol } from '../sweep/protocol/protocol.js';
import { type ExperimentOptions, experiment } from './experiment.js';
import type { ExitCode, Session } from './session.js';

export async function trainProtocol(
  path: string,
  options: ExperimentOptions,
  session: Session,
): Promise<ExitCode> {
  const protocol = parseProtocol((await readBytes(path)).toString('utf8'), path);
  return experiment(protocol, basename(path, extname(path)), options, session);
}
