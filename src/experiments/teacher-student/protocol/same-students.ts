/** Detects axes that do not affect the training: each student is trained again for every value. */
import { quote } from '../../../arguments.js';
import { axesOf } from '../../../protocol/axes.js';
import type { ProtocolDocument } from '../../../protocol/experiment-form.js';

/** A warning for each axis of `evaluation`, which determines only how a student is measured. */
export function repetitionWarnings(protocol: ProtocolDocument, directory: string): string[] {
  const repeating = axesOf(protocol).filter(
    ({ path, values }) => path[0] === 'evaluation' && values.length > 1,
  );
  return repeating.map(({ name, values }) => {
    const instead =
      name === 'evaluation.threshold'
        ? `. One is enough: \`eigenstudent thresholds ${quote(directory)} ${values.join(',')}\` applies any threshold to ` +
          'records afterwards'
        : '';
    return `warning: ${name} has ${values.length} values, and every student is trained again for each of them, to the same parameters${instead}`;
  });
}
