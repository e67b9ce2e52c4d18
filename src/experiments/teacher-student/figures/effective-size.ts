import { effectiveSize } from '../../../analysis/effective-size.js';
import { largest } from '../../../analysis/numbers.js';
import type { Figure } from '../../../figures/figure.js';
import { meanAndSpread } from '../../../figures/mean-and-spread.js';
import { drawnSeries, widestOfSeries } from '../panels/series.js';
import { hasTeacher, type ReportTrial, type TrialGroup, teacherSizes } from '../panels/trial-groups.js';
import {
  type Quantity,
  type WidthChart,
  widthDatasets,
  widthHint,
  widthNotes,
  widthTable,
} from '../panels/width-chart.js';
import { widthFigure } from '../panels/width-panels.js';

const title = 'Effective size against student width';

/** n_λ by each trial's own maximum (the path analysis of arXiv 2310.12612), as the record has it. */
const perTrial: Quantity = {
  id: 'effectiveSize',
  panelTitle: 'each trial divided by its own maximum',
  values: (group) => group.trials.map((trial) => trial.effectiveSize),
};

/** n_λ by the maximum over all trials of a width (the size figure of arXiv 2310.12612). */
const pooled: Quantity = {
  id: 'effectiveSizePooled',
  panelTitle: 'divided by the maximum pooled over trials',
  values: pooledEffectiveSizes,
};

/** One effective size per trial, each relevance divided by the largest of all trials of the group. */
export function pooledEffectiveSizes({ trials }: TrialGroup): number[] {
  const maximum = largest(trials.map(({ relevance }) => largest(Array.from(relevance))));
  return trials.map(({ relevance, threshold }) => effectiveSize(relevance, { threshold, maximum }));
}

/** Figure 2: effective size against student width, both normalisations, with the line h_T. */
export function effectiveSizeFigure(groups: readonly TrialGroup[]): Figure {
  const chart: WidthChart = {
    quantities: [perTrial, pooled],
    groups,
    series: drawnSeries(groups),
    yTitle: 'effective size n_λ (nodes)',
    format: '.4~g',
    // A count has no decade below 1; half a node is nobody's value.
    floor: 0.5,
    teacherLine: 'horizontal',
    identity: true,
  };
  return {
    name: 'effective-size',
    title,
    caption: caption(groups),
    notes: widthNotes(chart),
    hint: widthHint,
    table: widthTable(chart),
    datasets: widthDatasets(chart),
    draw: (style) => widthFigure(title, chart, style),
  };
}

function caption(groups: readonly TrialGroup[]): string {
  const { threshold } = (groups[0] as TrialGroup).trials[0] as ReportTrial;
  const line = `the line h_T = ${teacherSizes(groups).join(', ')}`;
  const size = hasTeacher(groups) ? `teacher's size stays near ${line}` : "task's size stays level";
  const several = teacherSizes(groups).length > 1;
  const widest = widestOfSeries(groups).map(({ name, group }) => {
    const teacher = several ? ` of the teacher of h_T = ${group.teacherSize}` : '';
    return `${meanAndSpread(perTrial.values(group))} of ${group.width} nodes for ${name} students${teacher}`;
  });
  return (
    `The effective size n_λ counts the hidden nodes whose normalised relevance is above ${threshold}: a student that ` +
    `found a sub-network of the ${size} whatever ` +
    'its width, one that found none climbs along the dotted line, on which every node counts. ' +
    `At the largest width it is ${widest.join(' and ')}, each trial divided by its own maximum.`
  );
}
