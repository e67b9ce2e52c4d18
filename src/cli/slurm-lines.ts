import type { SlurmJob, SlurmState } from '../slurm/state.js';

/** The lines of `status` about Slurm: one per job array, oldest first; none where nothing was submitted. */
export function slurmLines({ problem, jobs }: SlurmState): string[] {
  const lines = jobs.map(jobLine);
  return problem === undefined ? lines : [...lines, `Slurm: ${problem}`];
}

function jobLine({ jobId, submittedAt, tasks, states, reasons }: SlurmJob): string {
  const head = `Slurm job ${jobId}, ${tasks === 1 ? '1 task' : `${tasks} tasks`}, submitted ${submittedAt}: `;
  if (states === null) return `${head}unknown`;
  const waiting = counted(reasons);
  return head + counted(states) + (waiting === '' ? '' : ` (pending: ${waiting})`);
}

/** "2 RUNNING, 5 COMPLETED" */
function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
