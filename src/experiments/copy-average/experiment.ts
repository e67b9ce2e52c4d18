/** Copy or average: where gradient flow ends when a student has fewer neurons than its teacher. */
import { availableParallelism } from 'node:os';
import { EigenstudentError } from '../../errors.js';
import { defineExperiment } from '../../sweep/define-experiment.js';
import type { Runner } from '../../sweep/experiment.js';
import { type FlowGroup, flowScalars, kinds, summarizeFlows } from './scalars.js';
import { type FlowProtocol, presets, schema, template } from './schema.js';

/** Flows rarely take more; counts progress alone. */
const usualSteps = 300;

export const copyAverage = defineExperiment({
  name: 'copy-average',
  title:
    'Where gradient flow ends when a student has fewer neurons than its teacher: copies, and an average.',
  template,
  presets,
  overridden: (preset, { widths, trials }) => ({
    ...preset,
    ...(widths && { neurons: [...widths] }),
    ...(trials !== undefined && { trials }),
  }),
  schema,
  exampleAxis: 'neurons',
  trialsAt: ({ trials: _, zip: __, ...point }) => {
    const { neurons, teacherNeurons } = point;
    if (neurons > teacherNeurons)
      throw new EigenstudentError(
        'invalid_protocol',
        `neurons: expected at most the ${teacherNeurons} of the teacher, received ${neurons}: with more there is nothing to average. ` +
          'Lists are combined in all ways; zip: [[teacherNeurons, neurons]] pairs them',
      );
    return (trial) => ({ ...point, schema: 1, trial }) as FlowProtocol;
  },
  place: ({ teacherNeurons, neurons }) => ({ teacherNeurons, neurons }),
  placeColumns: [
    { name: 'teacherNeurons', heading: 'k', symbol: 'k' },
    { name: 'neurons', heading: 'n', symbol: 'n' },
  ],
  placeAxes: ['teacherNeurons', 'neurons'],
  stepsOf: () => usualSteps,
  epochsOf: () => 1,
  workOf: ({ teacherNeurons, neurons, spareInputs }) => (neurons * (teacherNeurons + spareInputs + 1)) ** 3,
  bytesOf: ({ teacherNeurons, neurons, spareInputs }) =>
    1e5 + 40 * (neurons * (teacherNeurons + spareInputs + 1)) ** 2,
  open: (): Runner<FlowProtocol> => {
    const loading = Promise.all([import('../../sweep/one-by-one.js'), import('./run-flow.js')]);
    const runner = loading.then(([{ oneByOne }, { runFlow }]) => oneByOne(runFlow, { atOnce }));
    return { atOnce, runBatch: async (trials, options) => (await runner).runBatch(trials, options) };
  },
  scalars: flowScalars,
  didNotLearn: () => false,
  summarizeGroup: summarizeFlows,
  summaryColumns: [
    ...kinds.map((kind) => column(kind, (group) => shareText(group[kind]))),
    column('loss, copyAverage', ({ copyAverage: { loss } }) => digits(loss)),
    column('loss, perturbedCopy', ({ perturbedCopy: { loss } }) => digits(loss)),
    column('L*(k - n + 1)', ({ copyAverageLoss }) => digits(copyAverageLoss)),
  ],
  summaryNotes: () => [
    'Shares of starts with 95 % Wilson intervals. L*(k - n + 1): the loss of n - 1 copies and one average of the rest.',
  ],
  report: async (directory, plain) => (await import('./report/content.js')).flowReport(directory, plain),
});

/** The cells of summaryColumns are given what summarizeFlows made. */
function column(heading: string, cell: (group: FlowGroup) => string) {
  return { heading, cell: (group: object) => cell(group as FlowGroup) };
}

/** A flow fills one core. */
const atOnce = availableParallelism();

function shareText({ count, share, low, high }: FlowGroup['other']): string {
  const percent = (value: number) => (100 * value).toFixed(0);
  return `${count} = ${percent(share)} % [${percent(low)}, ${percent(high)}]`;
}

function digits(loss: number | null): string {
  return loss === null ? '' : loss.toFixed(7);
}
