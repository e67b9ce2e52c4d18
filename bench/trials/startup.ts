/** What a user waits for before anything happens: the import of the package, and the command's help. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../programs.js';
import { contender, interleaved } from '../timing.js';
import type { Measurement, Trial, TrialContext } from './kind.js';

export const startupTrials: readonly Trial[] = [
  startupTrial('import', measureImport),
  startupTrial('help', measureHelp),
];

function startupTrial(name: string, measure: Trial['measure']): Trial {
  return { name: `startup/${name}`, threads: 1, quick: true, unit: 'start', programs: [], measure };
}

/** A fresh process over the text of an ES module; the package is found by its own name, as users find it. */
const moduleOf = (text: string) => async () => node('--input-type=module', '--eval', text);

/** `microseconds` is what the import adds to an empty module; the whole process stands in the details. */
async function measureImport({ seconds }: TrialContext): Promise<Measurement> {
  const whole = contender('import', 1, moduleOf("import 'eigenstudent';"));
  const empty = contender('empty', 1, moduleOf(''));
  const timing = await interleaved(whole, [empty], { seconds: 1.5 * seconds, fewest: 15 });
  const emptyMicroseconds = timing.peers.empty?.microseconds ?? NaN;
  return {
    engine: 'node',
    ...timing,
    microseconds: timing.microseconds - emptyMicroseconds,
    peers: {},
    details: { wholeProcessMicroseconds: timing.microseconds, emptyProcessMicroseconds: emptyMicroseconds },
  };
}

async function measureHelp({ seconds }: TrialContext): Promise<Measurement> {
  const help = contender('help', 1, async () => node(join(root, 'dist/cli/main.js'), '--help'));
  const timing = await interleaved(help, [], { seconds: 1.5 * seconds, fewest: 15 });
  return { engine: 'node', ...timing };
}

function node(...options: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, options, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${options.join(' ')} ended with ${status}: ${stderr.trim()}`);
}
