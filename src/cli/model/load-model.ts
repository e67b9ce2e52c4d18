/** Loads the network of a file, with the loss that suits the data. */
import { oneOf } from '../../arguments.js';
import { EigenstudentError } from '../../errors.js';
import { type LoadedNetwork, loadNetwork } from '../../exchange/load-network.js';
import { endsInOneSigmoid } from '../../network/binary-accuracy.js';
import { Network } from '../../network/network.js';
import { losses } from '../../network/spec.js';

/**
 * @param namesClasses whether the labels are classes, whatever the last layer of the network; one sigmoid output
 *   distinguishes two classes with loss 'mse'
 * @throws as loadNetwork; invalid_argument
 */
export async function loadModel(
  path: string,
  namesClasses: boolean,
  {
    loss: given,
    description,
    output,
  }: { readonly loss?: string; readonly description?: string; readonly output?: string },
): Promise<LoadedNetwork> {
  const requestedLoss = given === undefined ? undefined : oneOf('--loss', given, losses);
  const loaded = await loadNetwork(path, { description, output });
  const { spec, parameters, buffers } = loaded.network;
  const oneSigmoid = endsInOneSigmoid({ ...spec, loss: 'mse' });
  if (requestedLoss === 'crossEntropy' && oneSigmoid)
    throw new EigenstudentError(
      'invalid_argument',
      'expected no --loss crossEntropy for a network that ends in one sigmoid output. Leave it out: labels 0 and 1, or two names, are ' +
        'learned with mse, and the accuracy counts an output above 0.5 as class 1',
    );
  const loss = requestedLoss ?? (namesClasses && !oneSigmoid ? 'crossEntropy' : spec.loss);
  return loss === spec.loss
    ? loaded
    : { ...loaded, network: Network.from({ ...spec, loss }, parameters, buffers) };
}
