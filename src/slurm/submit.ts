/** Submits the trials that a run directory lacks to Slurm, as one job array. */
import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { invalid, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import { ownPackage } from '../native/own-package.js';
import type { Device } from '../network/device.js';
import { bareOptionsCheck, numberFrom, type OptionsOf, optional, required, unchecked } from '../options.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { formatProtocol } from '../protocol/protocol.js';
import { expand, type Trial } from '../protocol/trials.js';
import { makeFolder } from '../runs/make-folder.js';
import { openRunDirectory, survey, wouldGrow } from '../runs/run-directory.js';
import { checkArrays } from '../runs/trial-arrays.js';
import { resolveProtocol } from '../sweep/plan.js';
import { arraySize, arraySpecification, checkArraySize, tasksWith } from './array.js';
import { findCluster, slurm } from './controller.js';
import { checkSlurmOptions, type SlurmOptions } from './options.js';
import { batchScript, requeueOptions, type SbatchOption } from './script.js';
import { slurmFolder, writeSubmission } from './submissions.js';

/** MaxArraySize where no cluster can be queried: Slurm's default. */
const usualMaximum = 1001;

/** @internal */
const checkOptions = bareOptionsCheck({
  /** The run directory, on a file system that every node mounts; created if it does not exist. */
  directory: required<string>(checkDirectory),
  slurm: optional<ReturnType<typeof checkSlurmOptions>, SlurmOptions>(
    checkSlurmOptions,
    checkSlurmOptions('slurm', {}),
  ),
  /** As for sweep(), in every task. */
  device: optional(unchecked<Device>),
  devices: optional(unchecked<readonly number[]>),
  /** Default: the number of CPUs of the task. */
  threads: optional(positiveInteger),
  /** As for sweep(), in every task. */
  checkpointEvery: optional(numberFrom(0)),
});
export interface SubmitOptions extends OptionsOf<typeof checkOptions> {}

/** A job array that would train the trials that a run directory lacks. */
export interface SlurmPlan {
  /** Trials of the protocol. */
  readonly trials: number;
  /** Trials without an intact record. */
  readonly missing: number;
  /** Number of parts of all trials. */
  readonly shards: number;
  /** The parts, from 0, that lack trials: the tasks of the array. */
  readonly tasks: readonly number[];
  /** null: no trial is missing. */
  readonly script: string | null;
  /** Options of sbatch. */
  readonly options: readonly SbatchOption[];
}

export interface SlurmSubmission extends SlurmPlan {
  /** null: no trial was missing, and nothing was submitted. */
  readonly jobId: string | null;
}

/**
 * The array that submitSweep would submit. Nothing is written or submitted; without Slurm its default limits are
 * assumed.
 * @throws invalid_protocol, invalid_argument, run_directory_conflict
 */
export async function planSubmission(input: object, options: SubmitOptions): Promise<SlurmPlan> {
  const protocol = await resolveProtocol(input, 'of planSubmission()');
  return plan(protocol, options, await maximumOrUsual());
}

/**
 * Submits the trials that the directory lacks as a job array. A further call submits those that are missing then; tasks
 * of several arrays that run at once share the work.
 * @throws invalid_protocol, invalid_argument, run_directory_conflict, file_unwritable, slurm_missing,
 *   slurm_unreachable, slurm_refused
 */
export async function submitSweep(input: object, options: SubmitOptions): Promise<SlurmSubmission> {
  const protocol = await resolveProtocol(input, 'of submitSweep()');
  const cluster = await findCluster(); // Everything invalid or missing is reported before anything is written.
  const planned = await plan(protocol, options, cluster.maximumArraySize);
  const { directory } = options;
  await openRunDirectory(directory, protocol);
  if (planned.script === null) return { ...planned, jobId: null };
  await makeFolder(slurmFolder(directory));
  await writeAtomically(protocolCopy(directory, protocol), formatProtocol(protocol));
  // On the command line as well as in the script: there they override SBATCH_* variables.
  const parameters = planned.options.map(([name, value]) =>
    value === true ? `--${name}` : `--${name}=${value}`,
  );
  const answer = await slurm('sbatch', ['--parsable', ...parameters], planned.script);
  const jobId = jobIdOf(answer);
  await writeSubmission(
    directory,
    {
      schema: 1,
      jobId,
      cluster: cluster.name,
      submittedAt: new Date().toISOString(),
      shards: planned.shards,
      tasks: [...planned.tasks],
      options: planned.options.map(([name, value]) => [name, value]),
    },
    planned.script,
  );
  return { ...planned, jobId };
}

/** @throws slurm_refused */
export function jobIdOf(answer: string): string {
  const jobId = /^(\d+)(?:;.*)?$/m.exec(answer.trim())?.[1]; // "id" or "id;cluster"
  if (jobId !== undefined) return jobId;
  throw new EigenstudentError(
    'slurm_refused',
    `expected a job id from sbatch --parsable, received "${answer.trim()}"`,
  );
}

async function plan(protocol: ProtocolDocument, options: SubmitOptions, maximum: number): Promise<SlurmPlan> {
  const checked = checkOptions('submitSweep', options);
  const { directory, threads, slurm: wanted } = checked;
  const { cpus, gres, arrayTasks, throttle } = wanted;
  await wouldGrow(directory, protocol); // Throws where the protocol conflicts with the one there.
  const trials = expand(protocol);
  const missing = await missingOf(directory, trials);
  const gpu = gres?.includes('gpu') ?? false;
  const shards = checkArraySize(arrayTasks ?? arraySize(trials, { cpus, gpu, maximum }), maximum);
  const tasks = tasksWith(missing, trials, shards);
  const counts = { trials: trials.length, missing: missing.size, shards, tasks };
  if (tasks.length === 0) return { ...counts, script: null, options: [] };
  const sbatch = sbatchOptions(directory, arraySpecification(tasks, throttle), wanted);
  const script = batchScript({
    options: sbatch,
    command: [
      ...[
        process.execPath,
        ...loadedModules(),
        commandFile(),
        'sweep',
        protocolCopy(directory, protocol),
        '--out',
        directory,
        '--no-report',
      ],
      ...sweepArguments(checked),
    ],
    shards,
    threads,
  });
  return { ...counts, script, options: sbatch };
}

async function maximumOrUsual(): Promise<number> {
  try {
    return (await findCluster()).maximumArraySize;
  } catch (error) {
    if (error instanceof EigenstudentError) return usualMaximum;
    throw error;
  }
}

/** The path must be absolute; Slurm accepts no backslash in the name of a log, and a line feed would break the script. */
function checkDirectory(_where: string, directory: unknown): string {
  const path = resolve(directory as string);
  if (/[\\\n\r]/.test(path))
    throw invalid('the run directory of a job array', 'no backslash or line feed', path);
  return path;
}

async function missingOf(directory: string, trials: readonly Trial[]): Promise<Set<string>> {
  const keys = trials.map(({ key }) => key);
  const { found } = await survey(directory, trials, (record) => checkArrays(directory, record));
  return new Set(keys.filter((key) => !found.has(key)));
}

/**
 * Copies the protocol of an array for its tasks: run directories grow, and all tasks of one array must partition the
 * same trials. Its name is its hash, so that arrays of one protocol share the file.
 */
function protocolCopy(directory: string, protocol: ProtocolDocument): string {
  const hash = createHash('sha256').update(formatProtocol(protocol)).digest('hex').slice(0, 16);
  return join(resolve(slurmFolder(directory)), `protocol-${hash}.yaml`);
}

/** The file of the command `eigenstudent` in the package. */
function commandFile(): string {
  return join(ownPackage().folder, 'dist/cli/main.js');
}

/** Options of Node that preload modules, as one that registers an experiment. */
function loadedModules(): string[] {
  const { execArgv } = process;
  return execArgv.flatMap((option, i) => {
    if (/^--(import|require)=/.test(option)) return [option];
    return ['--import', '--require', '-r'].includes(option) ? [option, execArgv[i + 1] ?? ''] : [];
  });
}

function sweepArguments({ device, devices, checkpointEvery }: SubmitOptions): string[] {
  return [
    ...(device === undefined ? [] : ['--device', device]),
    ...(devices === undefined ? [] : ['--devices', devices.join(',')]),
    ...(checkpointEvery === undefined ? [] : ['--checkpoint-every', `${checkpointEvery}`]),
  ];
}

function sbatchOptions(
  directory: string,
  array: string,
  options: ReturnType<typeof checkSlurmOptions>,
): SbatchOption[] {
  const { partition, time, gres, cpus, memory, account, qos, sbatchOptions: others } = options;
  const named: [string, string | undefined][] = [
    ['partition', partition],
    ['time', time],
    ['gres', gres],
    ['cpus-per-task', `${cpus}`],
    ['mem', memory],
    ['account', account],
    ['qos', qos],
  ];
  return [
    ...('job-name' in others ? [] : [['job-name', `eigenstudent ${basename(directory)}`] as const]),
    ['array', array],
    // Slurm replaces %A by the id of the array and %a by the task; %% is a percent sign
    ['output', `${slurmFolder(directory).replaceAll('%', '%%')}/%A_%a.log`],
    ...requeueOptions,
    ...named.filter((option): option is [string, string] => option[1] !== undefined),
    ...Object.entries(others),
  ];
}
