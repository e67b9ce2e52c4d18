/** Job arrays that were submitted for a run directory: slurm/<job id>.json beside the script and the logs. */
import { join } from 'node:path';
import { z } from 'zod';
import { EigenstudentError } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import { decodeText } from '../files/text-file.js';
import { namesIn } from '../runs/names-in.js';
import { readBytes } from '../runs/read-bytes.js';

const submission = z.object({
  schema: z.literal(1),
  jobId: z.string().regex(/^\d+$/),
  /** ClusterName: the same number denotes another job on another cluster. */
  cluster: z.string(),
  /** ISO 8601, UTC. */
  submittedAt: z.string(),
  /** Number of parts of the sweep; task t of the array trains part t + 1. */
  shards: z.int().min(1),
  /** Tasks of the array, from 0: those whose part lacked trials. */
  tasks: z.array(z.int().min(0)).min(1),
  /** Options of sbatch. */
  options: z.array(z.tuple([z.string(), z.union([z.string(), z.literal(true)])])),
});
export type Submission = Readonly<z.output<typeof submission>>;

/** Folder in the run directory for the script, the protocol of the array and its logs. */
export function slurmFolder(directory: string): string {
  return join(directory, 'slurm');
}

/** @throws file_unwritable */
export async function writeSubmission(directory: string, value: Submission, script: string): Promise<void> {
  const stem = join(slurmFolder(directory), value.jobId);
  await writeAtomically(`${stem}.sh`, script);
  await writeAtomically(`${stem}.json`, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * All submissions of a run directory, oldest first; empty where there is none.
 * @throws file_unreadable, file_corrupt
 */
export async function readSubmissions(directory: string): Promise<Submission[]> {
  const folder = slurmFolder(directory);
  const files = (await namesIn(folder)).filter((name) => /^\d+\.json$/.test(name));
  const submissions = await Promise.all(files.map((name) => readSubmission(join(folder, name))));
  return submissions.sort((a, b) => (a.submittedAt < b.submittedAt ? -1 : 1));
}

async function readSubmission(path: string): Promise<Submission> {
  const bytes = await readBytes(path);
  try {
    return submission.parse(JSON.parse(decodeText(bytes, path)));
  } catch (cause) {
    throw new EigenstudentError(
      'file_corrupt',
      `${path} is not what a submission to Slurm leaves. Delete it: only \`status\` then does not know of its job`,
      { cause },
    );
  }
}
