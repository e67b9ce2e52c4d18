import { Dataset } from '../../network/dataset.js';

/** Converts classes 0 and 1 to targets of one sigmoid output; other labels stay as they are. */
export function toTargets(data: Dataset): Dataset {
  const { inputs, inputCount, inputShape, classes } = data;
  if (!classes) return data;
  const targets = Float32Array.from(classes);
  return Dataset.create({ inputs, inputCount, inputShape, targets, targetCount: 1 });
}
