import { EigenstudentError } from '../errors.js';
import { slurm } from './controller.js';
import { slurmState } from './state.js';

/**
 * Cancels running and pending jobs of a run directory. Running tasks write their checkpoints first; a further
 * submission continues.
 * @returns ids of the job arrays that were cancelled
 * @throws slurm_unreachable when the state of the jobs is unknown; slurm_refused
 */
export async function cancelSubmissions(directory: string): Promise<string[]> {
  const { problem, jobs } = await slurmState(directory);
  if (problem !== undefined)
    throw new EigenstudentError('slurm_unreachable', `nothing was cancelled: ${problem}`);
  const alive = jobs.filter(({ active }) => active !== 0).map(({ jobId }) => jobId);
  if (alive.length > 0) await slurm('scancel', alive);
  return alive;
}
