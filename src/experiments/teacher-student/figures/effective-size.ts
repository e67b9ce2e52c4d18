import { effectiveSize } from '../../../analysis/effective-size.js';
import { largest } from '../../../analysis/numbers.js';
import { summarize } from '../../../analysis/summary.js';
import type { Figure } from '../../../figures/figure.js';
import { meanAndSpread } from '../../../figures/mean-and-spread.js';
import { short } from '../../../figures/numbers-in-text.js';
import { clauses, ownTeacherText, studentsText, thresholdText } from '../panels/caption-text.js';
import { drawnSeries, widestOfSeries } from '../panels/series.js';
import { hasTeacher, type TrialGroup } from '../panels/trial-groups.js';
import {
  type Quantity,
  type WidthChart,
  widthDatasets,
  widthHint,
  widthNotes,
  widthTable,
} from '../panels/width-chart.js';
import { widthFigure } from '../panels/width-panels.js';
import { layerNotes } from '../structure/layer-notes.js';

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

/** Smallest visible relative difference of means; arbitrary. */
const noticeable = 0.1;

/** The largest relative difference between the two normalisations in the mean of a group. */
function poolingDifference(groups: readonly TrialGroup[]): number {
  return largest(
    groups.map((group) => {
      const [own, all] = [perTrial, pooled].map((each) => summarize(each.values(group)).mean) as [
        number,
        number,
      ];
      return own === all ? 0 : Math.abs(all - own) / own;
    }),
  );
}

/**
 * Figure 2: effective size against student width, with the line h_T. The pooled normalisation has a panel only where
 * the difference is visible; the table has both.
 */
export function effectiveSizeFigure(groups: readonly TrialGroup[]): Figure {
  const difference = poolingDifference(groups);
  const chart: WidthChart = {
    quantities: difference > noticeable ? [perTrial, pooled] : [perTrial],
    tabled: [perTrial, pooled],
    groups,
    series: drawnSeries(groups),
    yTitle: 'effective size n_λ (nodes)',
    format: '.4~g',
    // A count has no decade below 1; smaller values do not occur.
    floor: 0.5,
    teacherLine: 'horizontal',
    identity: true,
  };
  return {
    name: 'effective-size',
    title,
    caption: caption(groups),
    notes: [...widthNotes(chart), ...poolingNotes(groups, difference), ...layerNotes(groups)],
    hint: widthHint,
    table: widthTable(chart),
    datasets: widthDatasets(chart),
    draw: (style) => widthFigure(title, chart, style, layerNotes(groups)),
  };
}

/** With a single trial per group both maxima are equal. */
function poolingNotes(groups: readonly TrialGroup[], difference: number): string[] {
  if (difference > noticeable || groups.every(({ trials }) => trials.length === 1)) return [];
  const by = difference === 0 ? 'do not differ' : `differ by at most ${short(100 * difference, 2)} %`;
  return [
    `Divided by the maximum pooled over trials instead, mean effective sizes ${by}: the table has both.`,
  ];
}

function caption(groups: readonly TrialGroup[]): string {
  const size = hasTeacher(groups)
    ? `teacher's size stays near the line ${ownTeacherText(groups)}`
    : "task's size stays level";
  const values = clauses(
    widestOfSeries(groups),
    (each) =>
      `${meanAndSpread(perTrial.values(each.group))} of ${each.group.width} nodes for ${studentsText(each, groups)}`,
  );
  return (
    'The effective size n_λ counts the nodes of the first hidden layer whose normalised relevance is above ' +
    `${thresholdText(groups)}: a student that found a sub-network of the ${size} whatever ` +
    'its width, one that found none climbs along the dotted line, on which every node counts. ' +
    `At the largest width, each trial divided by its own maximum, it is ${values}.`
  );
}
