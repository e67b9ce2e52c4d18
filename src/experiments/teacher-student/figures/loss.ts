import type { Figure } from '../../../figures/figure.js';
import { meanAndSpread } from '../../../figures/mean-and-spread.js';
import { clauses, studentsText } from '../panels/caption-text.js';
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

const title = 'Train and test loss against student width';

const trainLoss: Quantity = {
  id: 'trainLoss',
  panelTitle: 'train: the patterns trained on',
  values: (group) => group.trials.map((trial) => trial.trainLoss),
};

const testLoss: Quantity = {
  id: 'testLoss',
  panelTitle: 'test: fresh patterns',
  values: (group) => group.trials.map((trial) => trial.testLoss),
};

/** Figure 3: train and test loss against student width, both parametrisations, log-log. */
export function lossFigure(groups: readonly TrialGroup[]): Figure {
  const chart: WidthChart = {
    quantities: [trainLoss, testLoss],
    groups,
    series: drawnSeries(groups),
    yTitle: 'mean squared error',
    format: '.3~g',
    teacherLine: 'vertical',
    identity: false,
  };
  return {
    name: 'loss',
    title,
    caption: caption(groups),
    notes: widthNotes(chart),
    hint: widthHint,
    table: widthTable(chart),
    datasets: widthDatasets(chart),
    draw: (style) => widthFigure(title, chart, style),
  };
}

const narrow = ', and students to the left of h_T have fewer nodes than the teacher';

function caption(groups: readonly TrialGroup[]): string {
  const values = clauses(
    widestOfSeries(groups),
    (each) => `${meanAndSpread(testLoss.values(each.group))} for ${studentsText(each, groups)}`,
  );
  return (
    'Both panels share their axes: what a curve rises from the left panel to the right one is what the student loses ' +
    `on patterns that it never saw${hasTeacher(groups) ? narrow : ''}. ` +
    `The test loss is ${values}.`
  );
}
