/** What a flow finds, and its summary over starts. */
import { z } from 'zod';
import { summarize } from '../../analysis/summary.js';
import { wilson } from '../../analysis/wilson.js';
import type { GroupMember } from '../../protocol/experiment-form.js';

export const kinds = ['copyAverage', 'perturbedCopy', 'other'] as const;
export type Kind = (typeof kinds)[number];

export const flowScalars = z.object({
  /** Where it ended: classifyEndPoint(). */
  kind: z.enum(kinds),
  /** Why it ended: GradientFlow.end. */
  end: z.string(),
  loss: z.number(),
  gradientNorm: z.number(),
  smallestEigenvalue: z.number(),
  /** Of the flow, and its steps. */
  time: z.number(),
  flowSteps: z.int(),
  /** Of the best copy-average point, n - 1 copies and an average of the rest; null where no formula is known. */
  copyAverageLoss: z.number().nullable(),
});
export type FlowScalars = z.output<typeof flowScalars>;

/** Per kind: the share of starts with its 95 % interval, and their losses. */
export function summarizeFlows(members: readonly GroupMember<FlowScalars>[]) {
  const all = members.map(({ scalars }) => scalars);
  const ofKind = (kind: Kind) => {
    const losses = all.filter((flow) => flow.kind === kind).map(({ loss }) => loss);
    const share = wilson(losses.length, all.length);
    if (losses.length === 0) return { ...share, loss: null, smallestLoss: null, largestLoss: null };
    const { mean, minimum, maximum } = summarize(losses);
    return { ...share, loss: mean, smallestLoss: minimum, largestLoss: maximum };
  };
  return {
    copyAverage: ofKind('copyAverage'),
    perturbedCopy: ofKind('perturbedCopy'),
    other: ofKind('other'),
    minima: all.filter(({ end }) => end === 'minimum').length,
    copyAverageLoss: all[0]?.copyAverageLoss ?? null,
    largestGradient: Math.max(...all.map(({ gradientNorm }) => gradientNorm)),
  };
}
export type FlowGroup = ReturnType<typeof summarizeFlows>;
