/** The groups of a run, with the arrays of the trials that figures show. */
import type { Theme } from '../../../figures/theme.js';
import type { FinishedRecord } from '../../../runs/record.js';
import { groupRecords } from '../../../runs/summary.js';
import { arraysPath, float64, readTensors } from '../../../runs/trial-arrays.js';
import type { PlainReport } from '../../../sweep/report-content.js';
import { type FlowScalars, type Kind, kinds, summarizeFlows } from '../scalars.js';
import type { FlowProtocol } from '../schema.js';

export interface Shown {
  readonly kind: Kind;
  readonly trial: number;
  readonly loss: number;
  readonly time: Float64Array;
  readonly losses: Float64Array;
  readonly gradients: Float64Array;
  /** [n][k] */
  readonly cosines: Float64Array;
  /** W [n][d], then a [n] */
  readonly parameters: Float64Array;
}

export interface FlowsOf {
  readonly k: number;
  readonly n: number;
  readonly inputs: number;
  readonly activation: string;
  readonly summary: ReturnType<typeof summarizeFlows>;
  readonly trials: number;
  /** The first trial of each kind that occurs. */
  readonly shown: readonly Shown[];
}

export async function groupsOf(directory: string, { finished }: PlainReport): Promise<FlowsOf[]> {
  const groups: FlowsOf[] = [];
  for (const records of groupRecords(finished)) {
    const protocol = (records[0] as FinishedRecord).protocol as unknown as FlowProtocol;
    const members = records.map((record) => scalarsOf(record));
    const shown: Shown[] = [];
    for (const kind of kinds) {
      const record = records.find((one) => scalarsOf(one).kind === kind);
      if (record) shown.push(await shownOf(directory, record));
    }
    groups.push({
      k: protocol.teacherNeurons,
      n: protocol.neurons,
      inputs: protocol.teacherNeurons + protocol.spareInputs,
      activation: protocol.activation,
      summary: summarizeFlows(members.map((scalars) => ({ scalars, seconds: 0, tensors: {} }))),
      trials: records.length,
      shown,
    });
  }
  return groups.sort((a, b) => a.k - b.k || a.n - b.n);
}

function scalarsOf(record: FinishedRecord): FlowScalars {
  return record.scalars as unknown as FlowScalars;
}

async function shownOf(directory: string, record: FinishedRecord): Promise<Shown> {
  const file = await readTensors(directory, record);
  const read = (name: string) => float64(file, name, arraysPath(directory, record));
  const { kind, loss } = scalarsOf(record);
  return {
    ...{ kind, loss, trial: record.protocol.trial },
    ...{ time: read('trace.time'), losses: read('trace.loss'), gradients: read('trace.gradientNorm') },
    ...{ cosines: read('cosines'), parameters: read('parameters') },
  };
}

export const kindNames: Readonly<Record<Kind, string>> = {
  copyAverage: 'copies and one average',
  perturbedCopy: 'perturbed copies',
  other: 'other',
};

/** Colour by the kind of end point, with a legend of those that occur. */
export function endColor(ends: readonly Kind[], { spectral, direct, muted }: Theme) {
  const colors = { copyAverage: spectral, perturbedCopy: direct, other: muted };
  return {
    field: 'end',
    type: 'nominal' as const,
    scale: { domain: ends.map((kind) => kindNames[kind]), range: ends.map((kind) => colors[kind]) },
    legend: { orient: 'bottom' as const, title: null, direction: 'vertical' as const, labelLimit: 300 },
  };
}
