/** Accuracy of two classes with one sigmoid output: class 1 where it is above 0.5. */
import type { FloatArray } from '../native/addon.js';
import type { Dataset } from './dataset.js';
import { outputsOf } from './description.js';
import type { Evaluation } from './evaluation.js';
import type { NetworkSpec } from './network-spec.js';

/** Whether the network ends in one sigmoid unit that learns numbers (loss 'mse'). */
export function endsInOneSigmoid(spec: NetworkSpec): boolean {
  return spec.loss === 'mse' && outputsOf(spec) === 1 && spec.layers.at(-1)?.activation === 'sigmoid';
}

/** Whether the targets of these data are classes for such a network: one per sample, each 0 or 1. */
export function hasBinaryTargets(spec: NetworkSpec, { targets, targetCount }: Dataset): boolean {
  if (targets === undefined || targetCount !== 1 || !endsInOneSigmoid(spec)) return false;
  return targets.every((target: number) => target === 0 || target === 1);
}

/** Whether a network has an accuracy on these data: they have classes, or 0 and 1 for one sigmoid output. */
export function hasAccuracy(spec: NetworkSpec, data: Dataset): boolean {
  return data.classes !== undefined || hasBinaryTargets(spec, data);
}

/**
 * The evaluation with the accuracy of one sigmoid output, which the kernels do not count; any other evaluation as it is.
 * @param predict outputs [samples][1] of the network to the data
 */
export async function withBinaryAccuracy(
  found: Evaluation,
  spec: NetworkSpec,
  data: Dataset,
  predict: () => Promise<FloatArray>,
): Promise<Evaluation> {
  if (!hasBinaryTargets(spec, data)) return found;
  const predictions = await predict();
  const { targets } = data;
  let correct = 0;
  for (let i = 0; i < predictions.length; ++i)
    if (((predictions[i] as number) > 0.5 ? 1 : 0) === targets?.[i]) ++correct;
  return { loss: found.loss, accuracy: correct / predictions.length };
}
