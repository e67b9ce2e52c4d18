import { extname } from 'node:path';
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { Network } from '../network/network.js';
import { readProtocol } from '../runs/run-directory.js';
import { experimentOf, type TrialChoice } from '../sweep/experiment.js';
import { type ExitCode, exitCodes, type Session } from './session.js';

/** By commander's names. */
export interface PruneOptions extends TrialChoice {
  readonly out?: string;
}

export async function pruneRun(
  directory: string,
  options: PruneOptions,
  session: Session,
): Promise<ExitCode> {
  checkHowFar(options);
  checkTarget(options.out);
  const experiment = experimentOf(await readProtocol(directory));
  if (!experiment.pruneTrial) {
    const message = `expected a run whose trials keep a network to prune in ${directory}, received one of ${experiment.name}`;
    throw new EigenstudentError('invalid_argument', message);
  }
  const { network, name, notes, answer, text } = await experiment.pruneTrial(directory, options);
  for (const note of notes) session.note(note);
  const file = options.out ?? `pruned-${name}.safetensors`;
  await save(network, file);
  session.print({ file, ...answer }, `${text}\n${file}`);
  return exitCodes.done;
}

async function save(network: Network, file: string): Promise<void> {
  if (extname(file).toLowerCase() !== '.onnx') return network.save(file);
  const { exportOnnx } = await import('../exchange/onnx/write-onnx.js');
  return exportOnnx(network, file);
}

/** Another extension would be that of another format. */
function checkTarget(file: string | undefined): void {
  if (file === undefined || ['.onnx', '.safetensors'].includes(extname(file).toLowerCase())) return;
  throw invalid('--out', 'a path that ends in .onnx or .safetensors', file);
}

function checkHowFar({ keep, percentile, maxDegradation }: PruneOptions): void {
  const given = Object.entries({
    '--keep': keep,
    '--percentile': percentile,
    '--max-degradation': maxDegradation,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (given.length < 2) return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected at most one of --keep, --percentile and --max-degradation, received ${given.join(' and ')}`,
  );
}
