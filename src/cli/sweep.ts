import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { readProtocol } from '../sweep/directory/run-directory.js';
import { type ExperimentOptions, experiment } from './experiment.js';
import type { ExitCode, Session } from './session.js';
import { trainProtocol } from './train.js';

export type SweepCommandOptions = ExperimentOptions;

/** @param path a protocol, or a run directory, which is then gone on with */
export async function sweepProtocol(
  path: string,
  options: SweepCommandOptions,
  session: Session,
): Promise<ExitCode> {
  if (await isFolder(path)) {
    const protocol = await readProtocol(path);
    return experiment(protocol, basename(path), { out: path, ...options }, session);
  }
  return trainProtocol(path, options, session);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // reading it says why
  }
}
