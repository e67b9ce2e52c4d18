/** The report of a run. */
import type { Cell, Table } from '../../../figures/figure.js';
import type { PlainReport, ReportContent } from '../../../sweep/report-content.js';
import { criticalPoint } from '../../../theory/critical-point.js';
import { orthonormalTeacher } from '../../../theory/hidden-layer.js';
import { kinds } from '../scalars.js';
import { cosinesFigure } from './cosines-figure.js';
import { endsFigure, type Threshold } from './ends-figure.js';
import { flowFigure } from './flow-figure.js';
import { type FlowsOf, groupsOf } from './groups.js';

export async function flowReport(
  directory: string,
  plain: () => Promise<PlainReport>,
): Promise<ReportContent> {
  const report = await plain();
  const groups = await groupsOf(directory, report);
  return {
    ...report.content,
    title: 'Copy or average: report of a run',
    lead:
      'Students of n neurons followed the gradient flow of the exact loss under Gaussian inputs, against a teacher of k > n orthogonal ' +
      'neurons; the figures ask where it ends.',
    table: table(groups),
    tableNote:
      'Starts that end in n - 1 copies of teacher neurons and one average of the rest (CA), in a perturbed copy per neuron (PC), or ' +
      'elsewhere, with 95 % Wilson intervals; means of the losses there, and the loss L*(k - n + 1) that the formula gives for CA.',
    figures: [
      { name: 'ends', make: () => endsFigure(groups, thresholdsOf(groups)) },
      { name: 'flow', make: () => flowFigure(groups) },
      { name: 'cosines', make: () => cosinesFigure(groups) },
    ],
    after: {
      authors: 'Şimşek, Bendjeddou, Gerstner, Brea',
      title: 'Should under-parameterized student networks copy or average teacher weights?',
      source: 'arXiv 2311.01644',
    },
  };
}

function table(groups: readonly FlowsOf[]): Table {
  return {
    columns: ['k', 'n', 'starts', 'CA', 'PC', 'other', 'loss CA', 'L*(k-n+1)', 'loss PC'],
    rows: groups.map(({ k, n, trials, summary }): Cell[] => [
      k,
      n,
      trials,
      ...kinds.map((kind) => {
        const { share, low, high } = summary[kind];
        const percent = (value: number) => (100 * value).toFixed(0);
        return `${percent(share)} % [${percent(low)}, ${percent(high)}]`;
      }),
      digits(summary.copyAverage.loss),
      digits(summary.copyAverageLoss),
      digits(summary.perturbedCopy.loss),
    ]),
  };
}

function digits(loss: number | null): Cell {
  return loss === null ? null : loss.toFixed(7);
}

/** Spectra beyond take minutes. */
const largestTeacher = 10;

/** From which n on perturbed copies are a minimum, and below the best copy-average point. */
function thresholdsOf(groups: readonly FlowsOf[]): Threshold[] {
  const { activation } = groups[0] as FlowsOf;
  if (activation !== 'scaledErf' && activation !== 'erf') return [];
  return [...new Set(groups.map(({ k }) => k))]
    .filter((k) => k > 1 && k <= largestTeacher)
    .map((k) => {
      const teacher = orthonormalTeacher({ neurons: k, inputs: k + 1 });
      const points = Array.from({ length: k - 1 }, (_, i) => {
        const options = { activation, teacher, neurons: i + 1 } as const;
        const copy = criticalPoint('perturbedCopy', { ...options, spectrum: true });
        return {
          n: i + 1,
          isMinimum: copy.spectrum?.negative === 0,
          below: copy.loss < criticalPoint('copyAverage', options).loss,
        };
      });
      // n = 1 is the average itself
      const first = (test: (point: (typeof points)[number]) => boolean) =>
        points.find((point) => point.n > 1 && test(point))?.n ?? null;
      return { k, minimum: first(({ isMinimum }) => isMinimum), below: first(({ below }) => below) };
    });
}
