import { invalid, oneOf } from '../arguments.js';
import { checkProtocol } from '../protocol/protocol.js';
import { experimentOf, type ProtocolOverrides } from '../sweep/experiment.js';
import { type ExperimentOptions, experiment } from './experiment.js';
import type { ExitCode, Session } from './session.js';

interface ReproduceOptions extends ExperimentOptions, ProtocolOverrides {
  readonly preset: string;
}

/** @param experimentName undefined: the paper's experiment */
export async function reproduce(
  experimentName: string | undefined,
  options: ReproduceOptions,
  session: Session,
): Promise<ExitCode> {
  const { presets = {}, overridden, schema } = experimentOf({ experiment: experimentName });
  const name = oneOf('--preset', options.preset, Object.keys(presets));
  const { widths, epochs, trials } = options;
  if (widths !== undefined && !overridden)
    throw invalid('--widths', `none: ${experimentName} has no widths`, widths.join(','));
  const base = presets[name] as object;
  if (epochs !== undefined && !Object.hasOwn(schema.shape, 'epochs'))
    throw invalid('--epochs', `none: protocols of ${experimentName} have no epochs`, epochs);
  const given = Object.entries({ epochs, trials }).filter(([, value]) => value !== undefined);
  const changed = overridden
    ? overridden(base, { widths, epochs, trials })
    : { ...base, ...Object.fromEntries(given) };
  const directory = experimentName === undefined ? name : `${experimentName}-${name}`;
  return experiment(checkProtocol(changed, `preset ${name}`), directory, options, session);
}
