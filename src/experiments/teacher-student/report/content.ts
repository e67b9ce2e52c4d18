/** The report of a teacher-student run. */
import { listed } from '../../../figures/numbers-in-text.js';
import type { FigureMaker, ReportContent } from '../../../sweep/report-content.js';
import { costText } from '../figures/cost.js';
import { groupTrials, type TrialGroup, teacherSizes, widths } from '../panels/trial-groups.js';
import { figuresFor, nameOfFigure } from './figures.js';
import { type Run, readRun } from './read-run.js';
import { runFacts, summaryTable, troubles } from './run-facts.js';

/** @throws file_unreadable when it is no run directory or holds no finished trial */
export async function studentReport(directory: string): Promise<ReportContent> {
  const run = await readRun(directory);
  const groups = groupTrials(run.trials);
  const cost = costText(groups);
  return {
    title: 'Students and their teacher: report of a run',
    lead: lead(run, groups),
    facts: runFacts(run),
    table: summaryTable(run),
    tableNote:
      'Mean ± sample standard deviation over trials. n_λ: effective size, each trial divided by its own maximum; pooled: by ' +
      'the maximum over the trials of the row. seconds: training time of one trial.',
    textNotes: cost === '' ? [] : [cost],
    troubles: troubles(run),
    protocol: run.protocol,
    figures: makersOf(groups),
    after: {
      authors: 'Giambagli, Buffoni, Chicchi and Fanelli',
      title: 'How a student becomes a teacher: learning and forgetting through Spectral methods',
      source: 'NeurIPS 2023, arXiv 2310.12612',
    },
  };
}

function makersOf(groups: readonly TrialGroup[]): FigureMaker[] {
  return figuresFor(groups).map((figureOf) => ({
    name: nameOfFigure(figureOf),
    make: () => figureOf(groups),
  }));
}

function lead({ protocol }: Run, groups: readonly TrialGroup[]): string {
  const arms = Object.keys(protocol.arms).join(' and ');
  const all = widths(groups);
  return (
    `${arms[0]?.toUpperCase()}${arms.slice(1)} students of ${all.length === 1 ? 'width' : 'widths'} ` +
    `${listed(all.map(String))} learned from ${sourceOf(groups)}; the figures ask how many of their own nodes they needed for it.`
  );
}

function sourceOf(groups: readonly TrialGroup[]): string {
  const sizes = teacherSizes(groups).filter((size) => size > 0);
  return sizes.length > 0
    ? `a frozen teacher with h_T = ${listed(sizes.map(String))} hidden nodes`
    : 'data in files';
}
