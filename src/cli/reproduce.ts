import { oneOf } from '../arguments.js';
import { preset, presetNames } from '../protocol/presets.js';
import { type ExperimentOptions, experiment } from './experiment.js';
import type { ExitCode, Session } from './session.js';

interface ReproduceOptions extends ExperimentOptions {
  readonly preset: string;
  readonly widths?: number[];
  readonly epochs?: number;
  readonly trials?: number;
}

export async function reproduce(options: ReproduceOptions, session: Session): Promise<ExitCode> {
  const name = oneOf('--preset', options.preset, presetNames);
  const { widths, epochs, trials } = options;
  const protocol = preset(name, {
    widths,
    ...(epochs !== undefined && { epochs }),
    ...(trials !== undefined && { trials }),
  });
  return experiment(protocol, name, options, session);
}
