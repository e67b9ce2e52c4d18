import { counted } from '../figures/numbers-in-text.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { estimateSweep, type SweepEstimate } from '../sweep/estimate.js';
import { experimentOf } from '../sweep/experiment.js';
import type { ExperimentOptions } from './experiment.js';
import { duration } from './progress-display.js';
import { type ExitCode, exitCodes, type Session } from './session.js';
import { countLines } from './sweep-notes.js';

/**
 * Prints the requirements of a sweep; nothing is written.
 * @param directory may hold some of the trials, or may not exist
 * @throws see estimateSweep
 */
export async function dryRun(
  protocol: ProtocolDocument,
  directory: string,
  { device, devices, threads, shard }: ExperimentOptions,
  session: Session,
): Promise<ExitCode> {
  const { warnings, timing } = experimentOf(protocol);
  for (const warning of warnings?.(protocol, directory) ?? []) session.note(warning);
  if (timing) session.note('timing a few trials ...');
  const estimate = await estimateSweep(protocol, {
    directory,
    device,
    devices,
    threads,
    shard,
  });
  session.print({ directory, ...estimate }, text(estimate, directory));
  return exitCodes.done;
}

function text({ trials, operations, largestPopulation, time }: SweepEstimate, directory: string): string {
  const failed = trials.failed > 0 ? `, of which ${trials.failed} failed and are not trained again` : '';
  const lines = [...countLines(trials), `${trials.done} of them done in ${directory}${failed}`];
  if (trials.done === trials.total) return [...lines, 'Nothing is left to train.'].join('\n');
  const { bytes, students } = largestPopulation;
  return [
    ...lines,
    ...(operations === null
      ? []
      : [
          `Arithmetic: ${operations.toExponential(2)} useful operations (matrix products; a multiply-add is two)`,
        ]),
    time ? timeText(time) : 'Time: this experiment does not time its steps beforehand',
    `Memory: at most ${bytesText(bytes)} for the largest batch, ${counted(students, 'trial')}`,
  ].join('\n');
}

function timeText(time: NonNullable<SweepEstimate['time']>): string {
  const { timed, interpolated } = time.shapes;
  const between = interpolated > 0 ? `, ${interpolated} more by interpolation` : '';
  return (
    `Time: ${range(time)}, on ${time.engines.join(' and ')} (kinds of trials: ${timed} timed${between}; ` +
    'records and report come on top)'
  );
}

function range({ seconds, low, high }: NonNullable<SweepEstimate['time']>): string {
  if (high < 1) return 'less than 1 s';
  return `about ${duration(seconds)}, by these timings ${duration(low)} to ${duration(high)}`;
}

function bytesText(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
