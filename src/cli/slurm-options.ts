/** Options of `sweep` about Slurm, converted to the library's SlurmOptions. */
import type { Command } from 'commander';
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { SlurmOptions } from '../slurm/options.js';
import { dashed, number } from './arguments.js';
import type { ExperimentOptions } from './experiment.js';

/** By commander's names. */
export interface SlurmCommandOptions extends Omit<SlurmOptions, 'sbatchOptions'> {
  readonly slurm?: true;
  readonly dryRun?: true;
  readonly cancel?: true;
  readonly sbatchOption?: Readonly<Record<string, string | true>>;
}

export function addSlurmOptions(command: Command): Command {
  return command
    .option(
      '--slurm',
      'submits the trials that are missing to Slurm, as a job array, instead of training here',
    )
    .option('--cancel', 'with --slurm: cancels what runs or waits of the jobs of the run directory')
    .option('--partition <name>', 'with --slurm: partition')
    .option(
      '--time <limit>',
      'with --slurm: limit of a task, as in 4:00:00; when it is near the task goes back to the queue',
    )
    .option('--gres <list>', 'with --slurm: resources of a task, as in gpu:1')
    .option('--cpus <n>', 'with --slurm: CPUs, and threads, of a task (default: 1)', number('--cpus'))
    .option('--memory <size>', 'with --slurm: memory of a task, as in 8G')
    .option('--account <name>', 'with --slurm: account')
    .option('--qos <name>', 'with --slurm: quality of service')
    .option(
      '--array-tasks <n>',
      'with --slurm: tasks that the sweep is cut into (default: of ten minutes each)',
      number('--array-tasks'),
    )
    .option('--throttle <n>', 'with --slurm: at most n tasks at a time', number('--throttle'))
    .option(
      '--sbatch-option <key=value>',
      'with --slurm: any other option of sbatch, as in constraint=zen4; repeatable',
      collectSbatchOption,
    );
}

export const slurmHelp = `
  $ eigenstudent sweep protocol.yaml --out /shared/wide --slurm --partition cpu --time 4:00:00 --cpus 4
  $ eigenstudent sweep /shared/wide --slurm --gres gpu:1 --dry-run
  $ eigenstudent sweep /shared/wide --slurm                submits again what is missing`;

/** "exclusive" or "constraint=zen4", added to the previous ones. */
function collectSbatchOption(
  word: string,
  before: Readonly<Record<string, string | true>> = {},
): Record<string, string | true> {
  const [name, ...rest] = word.split('=');
  if (!name || name.startsWith('-')) {
    throw invalid('--sbatch-option', 'KEY=VALUE or KEY without dashes, as in constraint=zen4', word);
  }
  return { ...before, [name]: rest.length === 0 ? true : rest.join('=') };
}

const onlyWithSlurm = [
  ...['cancel', 'partition', 'time', 'gres', 'cpus', 'memory', 'account', 'qos'],
  ...['arrayTasks', 'throttle', 'sbatchOption'],
] as const satisfies readonly (keyof SlurmCommandOptions)[];

/** @throws invalid_argument when an option is about Slurm and --slurm was not given */
export function refuseSlurmOptions(options: SlurmCommandOptions): void {
  const given = onlyWithSlurm.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw new EigenstudentError(
    'invalid_argument',
    `${dashed(given)} says how to use Slurm: add --slurm, or leave it out`,
  );
}

/**
 * A cancellation submits nothing, and is not a dry run.
 * @throws invalid_argument
 */
export function refuseBesideCancel(options: SlurmCommandOptions & ExperimentOptions): void {
  const others = onlyWithSlurm.filter((name) => name !== 'cancel');
  const given = [
    ...others,
    'dryRun' as const,
    'threads' as const,
    'devices' as const,
    'checkpointEvery' as const,
  ].find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected no ${dashed(given)} with --cancel, which cancels the jobs of the run directory and submits none`,
  );
}

/** The options of the library. */
export function slurmOptionsOf(options: SlurmCommandOptions): SlurmOptions {
  const { partition, time, gres, cpus, memory, account, qos, arrayTasks, throttle, sbatchOption } = options;
  return {
    ...{ partition, time, gres, cpus, memory, account, qos, arrayTasks, throttle },
    sbatchOptions: sbatchOption,
  };
}
