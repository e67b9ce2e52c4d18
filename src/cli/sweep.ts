import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readProtocol } from '../sweep/directory/run-directory.js';
import { type ExperimentOptions, experiment } from './experiment.js';
import type { ExitCode, Session } from './session.js';
import { readProtocolFile, runName, trainProtocol } from './train.js';

export interface SweepCommandOptions extends ExperimentOptions {
  readonly dryRun?: boolean;
}

/** @param path a protocol, or a run directory, which is then gone on with */
export async function sweepProtocol(
  path: string,
  options: SweepCommandOptions,
  session: Session,
): Promise<ExitCode> {
  const folder = await isFolder(path);
  if (options.dryRun) {
    const protocol = folder ? await readProtocol(path) : await readProtocolFile(path);
    const directory = options.out ?? (folder ? path : join('runs', runName(path)));
    return (await import('./dry-run.js')).dryRun(protocol, directory, options, session);
  }
  if (!folder) return trainProtocol(path, options, session);
  return experiment(await readProtocol(path), basename(path), { out: path, ...options }, session);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // reading it says why
  }
}
