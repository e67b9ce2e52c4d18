/** What a trial finds. */
import { z } from 'zod';
import { criterionNames } from '../protocol/criteria.js';

const accuracies = z.array(z.number()).exactOptional();

/** Accuracies of pruned networks, [shares], by the criterion; absent where the arm has no such criterion. */
const curves = Object.fromEntries(
  criterionNames.flatMap((name) => [
    [name, accuracies],
    [`${name}Recalibrated`, accuracies],
  ]),
);

export const convScalars = z.object({
  /** On the measured images, with all channels. */
  accuracy: z.number(),
  loss: z.number(),
  trainAccuracy: z.number(),
  trainLoss: z.number(),
  /** Of each convolution: channels whose relevance is above 0.05 of its largest. */
  effectiveChannels: z.array(z.int()),
  ...curves,
});

/** By name: `accuracy`, `loss`, `trainAccuracy`, `trainLoss`, `effectiveChannels` and the curves. */
export type ConvScalars = z.output<typeof convScalars>;
