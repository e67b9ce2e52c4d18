/** Slurm's commands, and what their failures mean. */
import { spawn } from 'node:child_process';
import { EigenstudentError } from '../errors.js';

type SlurmCommand = 'sbatch' | 'scancel' | 'scontrol' | 'squeue';

/** What Slurm's commands say when no controller answers, or when they do not know where one is. */
const unreachable =
  /unable to contact slurm|connection refused|connect failure|communication connection|configuration source/i;

interface Answer {
  /** null: a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one of Slurm's commands.
 * @param input its standard input
 * @returns its standard output
 * @throws slurm_missing, slurm_unreachable (no controller answers), slurm_refused (with what it said)
 */
export async function slurm(
  command: SlurmCommand,
  parameters: readonly string[],
  input = '',
): Promise<string> {
  const { status, stdout, stderr } = await answer(command, parameters, input);
  if (status === 0) return stdout;
  const said = (stderr.trim() || stdout.trim() || `exit status ${status}`).replaceAll('\n', '\n  ');
  if (unreachable.test(said)) {
    throw new EigenstudentError('slurm_unreachable', `no Slurm controller answers ${command}:\n  ${said}`);
  }
  throw new EigenstudentError('slurm_refused', `${command} refused:\n  ${said}`);
}

function answer(command: SlurmCommand, parameters: readonly string[], input: string): Promise<Answer> {
  // sbatch in a job hands its own count of restarts down to the jobs that it submits
  const { SLURM_RESTART_COUNT: _, ...environment } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { env: environment, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.on('error', () => undefined); // it ended without reading: its status says why
    child.stdin.end(input);
    child.on('error', (cause) => reject(missing(command, cause)));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

function missing(command: SlurmCommand, cause: Error): EigenstudentError {
  return new EigenstudentError(
    'slurm_missing',
    `cannot run ${command} (${cause.message}): expected the commands of Slurm on PATH, as on a login node of a cluster. ` +
      'Without Slurm, any scheduler can run the parts of a sweep: eigenstudent sweep ... --shard 1/8',
    { cause },
  );
}

export interface Cluster {
  readonly name: string;
  /** MaxArraySize: the most tasks of an array that starts at 0. */
  readonly maximumArraySize: number;
}

/**
 * What this cluster is called and allows.
 * @throws slurm_missing, slurm_unreachable, slurm_refused
 */
export async function findCluster(): Promise<Cluster> {
  const text = await slurm('scontrol', ['show', 'config']);
  const field = (name: string) => new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm').exec(text)?.[1];
  const maximum = Number(field('MaxArraySize'));
  const name = field('ClusterName');
  if (name !== undefined && Number.isSafeInteger(maximum) && maximum > 0)
    return { name, maximumArraySize: maximum };
  throw new EigenstudentError(
    'slurm_refused',
    'expected ClusterName and a MaxArraySize above 0 from `scontrol show config`, received ' +
      `${name ?? 'no name'} and ${field('MaxArraySize') ?? 'no size'}: job arrays are switched off on this cluster`,
  );
}
