/** Checks the options for Slurm; further checks are left to Slurm. */
import { invalid, positiveInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { type OptionsOf, optional, optionsCheck } from '../options.js';

/** @internal */
export const checkSlurmOptions = optionsCheck({
  partition: optional(oneLine),
  /** Time limit of a task, in Slurm's syntax: "90" (minutes), "4:00:00", "1-12". A task that reaches it is requeued. */
  time: optional(checkTime),
  /** "gpu:1", for example. */
  gres: optional(oneLine),
  /** CPUs of a task, each with a thread. Default: 1. */
  cpus: optional(positiveInteger, 1),
  /** Memory of a task, in Slurm's syntax: "8G". */
  memory: optional(oneLine),
  account: optional(oneLine),
  qos: optional(oneLine),
  /** Number of tasks of the sweep. Default: by its work. */
  arrayTasks: optional(positiveInteger),
  /** Maximum number of simultaneous tasks. */
  throttle: optional(positiveInteger),
  /** Any other option of sbatch by its long name; true for one without a value. */
  sbatchOptions: optional(checkSbatchOptions, {}),
});
export interface SlurmOptions extends OptionsOf<typeof checkSlurmOptions> {}

/** Options of this package by the options of sbatch that they set. */
const ownNames: Readonly<Record<string, string>> = {
  partition: '--partition',
  time: '--time',
  gres: '--gres',
  'cpus-per-task': '--cpus',
  mem: '--memory',
  account: '--account',
  qos: '--qos',
  array: '--array-tasks and --throttle',
};
/** Options of sbatch that the sweep sets itself. */
const fixed = [
  'requeue',
  'no-requeue',
  'signal',
  'output',
  'open-mode',
  'wrap',
  'parsable',
  'wait',
  'test-only',
];

/**
 * The warning is sent 60 to 120 s before the limit (script.ts): the remaining time must suffice to start and to train.
 */
const leastMinutes = 5;

/** Words ("infinite") and 0, which means no limit, are passed to Slurm. */
function checkTime(where: string, value: unknown): string {
  const time = oneLine(where, value);
  const minutes = minutesOf(time);
  if (minutes === undefined || minutes === 0 || minutes >= leastMinutes) return time;
  throw invalid(
    where,
    `at least ${leastMinutes} minutes`,
    time,
    'A task is warned up to two minutes before its time limit and then goes back to the queue',
  );
}

/**
 * Parses "minutes", "minutes:seconds", "hours:minutes:seconds", "days-hours[:minutes[:seconds]]"; undefined for
 * anything else.
 */
function minutesOf(time: string): number | undefined {
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(time);
  if (!match) return undefined;
  const [days, first = 0, second = 0, third = 0] = match.slice(1).map((field) => Number(field ?? 0));
  const withHours = match[1] !== undefined || match[4] !== undefined;
  const [hours, minutes, seconds] = withHours ? [first, second, third] : [0, first, second];
  return (days ?? 0) * 1440 + hours * 60 + minutes + seconds / 60;
}

function checkSbatchOptions(_where: string, value: unknown): Readonly<Record<string, string | true>> {
  const options = value as Readonly<Record<string, string | true>>;
  for (const [name, given] of Object.entries(options)) checkSbatchOption(name, given);
  return options;
}

function checkSbatchOption(name: string, value: string | true): void {
  if (!/^[a-z][a-z0-9-]+$/.test(name))
    throw invalid('an option of sbatch', 'its long name without dashes, as in constraint', name);
  const own = ownNames[name];
  if (own !== undefined) {
    throw new EigenstudentError('invalid_argument', `"${name}" is not for sbatchOptions: use ${own}`);
  }
  if (fixed.includes(name)) {
    throw new EigenstudentError(
      'invalid_argument',
      `"${name}" is not for sbatchOptions: the sweep sets ${fixed.join(', ')} itself, to be requeued and gone on with`,
    );
  }
  if (value !== true) oneLine(`${name} of sbatchOptions`, value);
}

/** A line feed would end the #SBATCH line and start another. */
function oneLine(where: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || /[\n\r\0]/.test(value))
    throw invalid(where, 'a text of one line', value);
  return value;
}
