import { LabelBeyondCount } from '../../data/class-indices.js';
import { EigenstudentError } from '../../errors.js';
import { endsInOneSigmoid } from '../../network/binary-accuracy.js';
import { outputsOf } from '../../network/description.js';
import type { NetworkSpec } from '../../network/spec.js';

/**
 * Reads labels whose number of classes the network determines: the user cannot give a larger one.
 * @throws invalid_data for a larger label, with advice on the network
 */
export async function withinOutputs<Data>(spec: NetworkSpec, read: () => Promise<Data>): Promise<Data> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof LabelBeyondCount)) throw cause;
    const outputs = endsInOneSigmoid(spec)
      ? 'ends in one sigmoid output, which tells two classes apart'
      : `has ${outputsOf(spec)} outputs, one per class`;
    throw new EigenstudentError(
      'invalid_data',
      `${(cause as LabelBeyondCount).found}. The network ${outputs}: leave out samples of other classes, or take the labels that it was trained with`,
      { cause },
    );
  }
}
