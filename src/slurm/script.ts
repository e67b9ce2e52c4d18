/** Generates the batch script of a sweep, and the options of sbatch for it. */
import { quote } from '../arguments.js';

/**
 * Seconds before the time limit at which a task is warned. Slurm may send the signal 60 s early; a checkpoint takes a
 * few seconds.
 */
const warningSeconds = 60;
/** Maximum number of requeues at the time limit: bounds a task that makes no progress. Arbitrary. */
const mostRestarts = 100;
/** Maximum number of restarts of a task whose process was killed, by lack of memory for example. Arbitrary. */
const mostCrashes = 3;

/** An option of sbatch by its long name; true where it has no value. */
export type SbatchOption = readonly [name: string, value: string | true];

/** A line of the script for the option. Slurm parses quotes and backslashes as a shell does between double quotes. */
function directive([name, value]: SbatchOption): string {
  if (value === true) return `#SBATCH --${name}`;
  const plain = /^[\w@%+=:,./-]+$/.test(value);
  return `#SBATCH --${name}=${plain ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`}`;
}

export interface Script {
  readonly options: readonly SbatchOption[];
  /** The command of the sweep with its arguments except --shard and --threads. */
  readonly command: readonly string[];
  /** Number of shards of the sweep. */
  readonly shards: number;
  /** Default: the number of CPUs that Slurm assigns to the task. */
  readonly threads?: number;
}

/** Options by which a task is requeued and warned. Logs of a requeued task are appended. */
export const requeueOptions: readonly SbatchOption[] = [
  ['open-mode', 'append'],
  ['requeue', true],
  // To the script alone: TERM could not be distinguished from the TERM of a cancelled job, which must not be requeued.
  ['signal', `B:USR1@${warningSeconds}`],
];

/** The script. Every path in it is quoted. */
export function batchScript({ options, command, shards, threads }: Script): string {
  return `#!/bin/bash
${options.map(directive).join('\n')}

# Task t of this job array trains shard t + 1 of ${shards}. Finished trials are in the run directory and are not trained
# again, unfinished ones go on from their checkpoints: running a task twice, or two at once, does no harm.
task="\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"
shard="$((SLURM_ARRAY_TASK_ID + 1))/${shards}"
restarts="\${SLURM_RESTART_COUNT:-0}"
echo "task $task: shard $shard on $HOSTNAME, restart $restarts"

sweep= warned= ended=
warn() {
  warned=yes
  if [[ -n $sweep ]]; then kill -TERM "$sweep" 2>/dev/null; fi
}
trap warn USR1
# A task that is cancelled or preempted: Slurm signals the sweep as well, and decides whether to requeue the task.
trap 'ended=yes' TERM

${command.map(quote).join(' ')} \\
  --shard "$shard" --threads ${threads ?? '"$SLURM_CPUS_ON_NODE"'} &
sweep=$!
if [[ -n $warned ]]; then kill -TERM "$sweep" 2>/dev/null; fi
# A signal ends \`wait\`, not the sweep; the last \`wait\` is for the status of the sweep itself.
until wait "$sweep"; ! kill -0 "$sweep" 2>/dev/null; do :; done
wait "$sweep"
status=$?

# Where users may not requeue, exit status 75 does it if the cluster has RequeueExit=75.
requeue() {
  echo "task $task: $1; it goes back to the queue"
  scontrol requeue "$task"
  exit 75
}
if [[ -z $ended ]] && ((status > 128)); then
  if [[ -n $warned ]] && ((restarts < ${mostRestarts})); then requeue 'its time is nearly over'; fi
  # 130: interrupted, by hand
  if [[ -z $warned ]] && ((status != 130 && restarts < ${mostCrashes})); then
    requeue "the sweep was killed (exit status $status)"
  fi
fi
echo "task $task: exit status $status"
exit "$status"
`;
}
