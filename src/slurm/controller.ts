/** Runs the commands of Slurm, and classifies their failures. */
import { spawn } from 'node:child_process';
import { EigenstudentError } from '../errors.js';

type SlurmCommand = 'sbatch' | 'scancel' | 'scontrol' | 'squeue';

/** Messages of Slurm's commands when no controller answers, or when none is configured. */
const unreachable =
  /unable to contact slurm|connection refused|connect failure|communication connection|configuration source/i;

interface Answer {
  /** null: it was ended by a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one of Slurm's commands.
 * @param input its standard input
 * @returns its standard output
 * @throws slurm_missing, slurm_unreachable (no controller answers), slurm_refused (with its message)
 */
export async function slurm(
  command: SlurmCommand,
  parameters: readonly string[],
  input = '',
): Promise<string> {
  const { status, stdout, stderr } = await runCommand(command, parameters, input);
  if (status === 0) return stdout;
  const stderrText = (stderr.trim() || stdout.trim() || `exit status ${status}`).replaceAll('\n', '\n  ');
  if (unreachable.test(stderrText)) {
    throw new EigenstudentError(
      'slurm_unreachable',
      `no Slurm controller answers ${command}:\n  ${stderrText}`,
    );
  }
  throw new EigenstudentError('slurm_refused', `${command} refused:\n  ${stderrText}`);
}

function runCommand(command: SlurmCommand, parameters: readonly string[], input: string): Promise<Answer> {
  // sbatch in a job passes its own restart count to the jobs that it submits.
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
    child.stdin.on('error', () => undefined); // The command ended without reading its input: its status has the reason.
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
  /** MaxArraySize: the maximum number of tasks of an array that starts at 0. */
  readonly maximumArraySize: number;
}

/**
 * Name and limits of this cluster.
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
