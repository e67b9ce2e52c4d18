import { basename, join } from 'node:path';
import { readProtocol } from '../runs/run-directory.js';
import { type ExperimentOptions, experiment } from './experiment.js';
import type { ExitCode, Session } from './session.js';
import { refuseSlurmOptions, type SlurmCommandOptions } from './slurm-options.js';
import { isFolder, readProtocolFile, runName } from './train.js';

export type SweepCommandOptions = ExperimentOptions & SlurmCommandOptions;

/** @param path a protocol, or a run directory, which is then continued */
export async function sweepProtocol(
  path: string,
  options: SweepCommandOptions,
  session: Session,
): Promise<ExitCode> {
  const folder = await isFolder(path);
  const name = folder ? basename(path) : runName(path);
  const out = options.out ?? (folder ? path : join('runs', name));
  const protocol = folder ? await readProtocol(path) : await readProtocolFile(path);
  if (options.slurm) {
    const { sweepOnSlurm } = await import('./sweep-slurm.js');
    return sweepOnSlurm(protocol, out, options, session);
  }
  refuseSlurmOptions(options);
  if (options.dryRun) return (await import('./dry-run.js')).dryRun(protocol, out, options, session);
  return experiment(protocol, name, { ...options, out }, session);
}
