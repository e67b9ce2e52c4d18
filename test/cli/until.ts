import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Milliseconds; a machine with other work may take that long to start a process. */
const patience = 30_000;

/** Resolves once `check` does not answer undefined, with its answer. */
export async function until<Answer>(what: string, check: () => Promise<Answer | undefined>): Promise<Answer> {
  const start = performance.now();
  for (;;) {
    const answer = await check();
    if (answer !== undefined) return answer;
    if (performance.now() - start > patience) throw new Error(`${what} did not come about within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Keys of the trials of a run directory that have a checkpoint. */
export async function checkpoints(directory: string): Promise<string[]> {
  const trials = join(directory, 'trials');
  const keys = existsSync(trials) ? await readdir(trials) : [];
  return keys.filter((key) => existsSync(join(trials, key, 'checkpoint.safetensors')));
}

/** Until a sweep is at work, which its first checkpoint shows. */
export function untilCheckpoint(directory: string): Promise<string[]> {
  return until(`a checkpoint in ${directory}`, async () => {
    const keys = await checkpoints(directory);
    return keys.length > 0 ? keys : undefined;
  });
}
