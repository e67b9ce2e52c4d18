/**
 * One trial in a process of its own: `node trial.js NAME CONTEXT`, the context as JSON. Prints one JSON object, the
 * measurement.
 */
import { trials } from './trials/all.js';
import type { TrialContext } from './trials/kind.js';

async function main(): Promise<void> {
  const [name, context] = process.argv.slice(2) as [string, string];
  const trial = trials.find((candidate) => candidate.name === name);
  if (!trial) throw new Error('there is no such trial');
  const measurement = await trial.measure(JSON.parse(context) as TrialContext);
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${process.argv[2]}: ${(error as Error).message}\n`);
  // peers that still wait for work would keep the process
  process.exit(1);
}
