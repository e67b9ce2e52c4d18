/** Runs that vary other fields, several teachers and every layer: figures that stay legible, and texts that stay true. */
import { beforeAll, describe, expect, it } from 'vitest';
import { baselinesFigure } from '../../src/experiments/teacher-student/figures/baselines.js';
import { trajectoriesFigure } from '../../src/experiments/teacher-student/figures/trajectories.js';
import { inFlow } from '../../src/experiments/teacher-student/panels/arm-text.js';
import { groupTrials, type ReportTrial } from '../../src/experiments/teacher-student/panels/trial-groups.js';
import { figures } from '../../src/experiments/teacher-student/report/figures.js';
import { type Figure, isDrawn, type LeftOut } from '../../src/figures/figure.js';
import type { Ranking } from '../../src/pruning/rankings.js';
import { file, panelsOf, subtitleOf } from './drawn-panels.js';
import { withSyntheticStructures } from './synthetic-structures.js';
import { syntheticTrials } from './synthetic-trials.js';

/** logspace: [0.001, 0.01, 5]. */
const rates = [0.001, 0.00177827941004, 0.00316227766017, 0.0056234132519, 0.01];

/** Students of each learning rate, of teachers of two sizes, with other rankings. */
function grid(): ReportTrial[] {
  return rates.flatMap((rate) =>
    syntheticTrials({ widths: [15, 25, 30, 40], trials: 1, teacherSizes: [10, 20] }).map(
      (trial): ReportTrial => ({
        ...trial,
        settings: { [`arms.${trial.parametrization}.optimizer.adam.learningRate`]: rate },
        rankedLosses: { random: Float64Array.from(trial.pruningLosses, (loss) => 2 * loss) },
      }),
    ),
  );
}

const figuresOf = (trials: readonly ReportTrial[]) =>
  figures.map((make) => make(groupTrials(withSyntheticStructures(trials))));
const drawnOf = (trials: readonly ReportTrial[]) =>
  figuresOf(trials).filter((figure: Figure | LeftOut): figure is Figure => isDrawn(figure));
const named = (all: readonly Figure[], name: string) => all.find((each) => each.name === name) as Figure;
const textsOf = ({ title, caption, notes }: Figure) => [title, caption, ...notes];

describe('a grid of five learning rates and two teachers', () => {
  let all: Figure[];
  beforeAll(() => {
    all = drawnOf(grid());
  }, 60_000);

  it('draws every figure', () => {
    expect(all).toHaveLength(figures.length);
  });

  it('has at most 12 panels in a figure', () => {
    for (const figure of all) expect(panelsOf(figure).length, figure.name).toBeLessThanOrEqual(12);
  });

  it('has panels of the first and last learning rate, and names the others in the notes and in the saved picture', () => {
    for (const name of ['relevance-histogram', 'pruning', 'paths', 'trajectories', 'loss-curves']) {
      const figure = named(all, name);
      const titles = panelsOf(figure).map(({ title }) => title.replace(', ', ' '));
      for (const rate of ['0.001', '0.01'])
        expect(
          titles.filter((title) => RegExp(`spectral learningRate ${rate}(?!\\d)`).test(title)).length,
          `${name} ${rate}`,
        ).toBeGreaterThan(0);
      expect(titles.join('\n'), name).not.toContain('0.001778');
      for (const text of [figure.notes.join('\n'), subtitleOf(figure)])
        expect(text, name).toMatch(
          /Left out: .*spectral, learningRate 0\.001778;.*direct, learningRate 0\.005623/,
        );
    }
  });

  it('states in the notes and in the saved picture when the panels are of one teacher size of two', () => {
    for (const name of ['relevance-histogram', 'trajectories', 'loss-curves']) {
      const figure = named(all, name);
      expect(figure.notes, name).toContain('Left out: h_T = 10.');
      expect(subtitleOf(figure), name).toContain('Left out: hT = 10.');
    }
  });

  it('breaks no title of a panel off, and gives no two panels of one quantity the same title', () => {
    for (const figure of all) {
      const panels = panelsOf(figure);
      const titles = panels.map(
        ({ title, y }) => `${title} ${figure.name === 'trajectories' ? y.title : ''}`,
      );
      expect(new Set(titles).size, figure.name).toBe(titles.length);
      const { concat } = figure.draw(file) as unknown as {
        concat: { title?: { limit?: number } }[];
      };
      expect(
        concat.filter(({ title }) => title?.limit !== undefined),
        figure.name,
      ).toEqual([]);
    }
  });

  it('mentions in a caption at most two kinds of students of each arm, and the number of others', () => {
    for (const { name, caption } of all) {
      const kinds = new Set(caption.match(/(?:spectral|direct), learningRate [\d.]*\d/g));
      expect(kinds.size, name).toBeLessThanOrEqual(4);
    }
    for (const name of ['relevance-histogram', 'effective-size', 'loss', 'pruning', 'loss-curves', 'cost'])
      expect(named(all, name).caption, name).toContain('the table has 6 other kinds of students');
  });

  it('names the teacher of each clause of a caption about one teacher', () => {
    for (const name of ['relevance-histogram', 'effective-size', 'loss', 'pruning', 'loss-curves'])
      expect(named(all, name).caption.match(/width 40, h_T = 20\)/g)?.length, name).toBe(4);
    expect(named(all, 'baselines').caption).toMatch(/\(width 40, h_T = 10\).*\(width 40, h_T = 20\)/);
    expect(named(all, 'trajectories').caption).toContain('of students of the teacher with h_T = 20,');
  });

  it('has no number with more than four significant digits in a title, caption, note or legend', () => {
    for (const figure of all) {
      const series = Object.values(figure.datasets).flatMap((rows) => rows.map((row) => String(row.series)));
      const panels = panelsOf(figure).map(({ title }) => title);
      const all = [...textsOf(figure), ...new Set(series), ...panels, subtitleOf(figure)].join('\n');
      const long = (all.match(/\d*\.\d+/g) ?? []).filter((text) => significant(text) > 4);
      expect(long, figure.name).toEqual([]);
    }
  });
});

const significant = (text: string) => text.replace('.', '').replace(/^0+/, '').length;

describe('two teachers', () => {
  const all = drawnOf(syntheticTrials({ teacherSizes: [10, 20] }));

  it('are distinguished: a caption names the teacher of each size and number', () => {
    expect(named(all, 'effective-size').caption).toContain(
      'near the line h_T = 10 or 20 (by the teacher) whatever',
    );
    for (const name of ['relevance-histogram', 'effective-size', 'loss', 'pruning', 'loss-curves'])
      expect(named(all, name).caption, name).toContain(
        'spectral students of width 200 of the teacher with h_T = 20',
      );
  });

  it('are not mentioned where there is one', () => {
    for (const { name, caption } of drawnOf(syntheticTrials()))
      expect(caption, name).not.toContain('of the teacher with');
  });
});

describe('students whose every hidden layer is spectral', () => {
  const several = (trials: readonly ReportTrial[]) =>
    withSyntheticStructures(trials).map(
      (trial): ReportTrial =>
        trial.structure ? { ...trial, structure: { ...trial.structure, spectralLayers: 2 } } : trial,
    );
  const ranked = ['relevance-histogram', 'effective-size', 'pruning', 'paths', 'topology', 'trajectories'];
  const made = (trials: readonly ReportTrial[]) =>
    figures.map((make) => make(groupTrials(trials))).filter((figure) => isDrawn(figure));
  const note = 'are here of the first one';

  it('have figures of the first layer, with a note and in the saved picture', () => {
    const all = made(several(syntheticTrials()));
    for (const name of ranked) {
      expect(named(all, name).notes.join('\n'), name).toContain(note);
      expect(subtitleOf(named(all, name)), name).toContain(note);
    }
  });

  it('are mentioned only where there are such', () => {
    for (const figure of made(withSyntheticStructures(syntheticTrials())))
      expect(`${figure.notes.join('\n')} ${subtitleOf(figure)}`, figure.name).not.toContain(note);
  });
});

/** Pruned in these orders besides that of relevance. */
const baselinesOf = (...rankings: Ranking[]) => {
  const losses = new Float64Array(201).fill(1);
  const rankedLosses = Object.fromEntries(rankings.map((ranking) => [ranking, losses]));
  return baselinesFigure(
    groupTrials(syntheticTrials().map((trial): ReportTrial => ({ ...trial, rankedLosses }))),
  ) as Figure;
};

describe('titles', () => {
  it('name the rankings by which trials were pruned, and no other', () => {
    expect(baselinesOf('random').title).toBe('Pruning by relevance and by chance');
    expect(baselinesOf('oracle').title).toBe('Pruning by relevance and by an oracle');
    const { title, caption, notes } = baselinesOf('random', 'eigenvalue');
    expect(title).toBe('Pruning by relevance, by eigenvalue and by chance');
    expect([caption, ...notes].join('\n')).not.toContain('oracle');
  });

  it('name no ranking that no drawn trial was pruned by', () => {
    const trials = syntheticTrials().map((trial): ReportTrial => {
      const random = new Float64Array(201).fill(1);
      return { ...trial, rankedLosses: trial.width === 200 ? { random } : { random, oracle: random } };
    });
    expect(baselinesFigure(groupTrials(trials)).title).toBe('Pruning by relevance and by chance');
  });

  it('name eigenvalues over training only where some student has them', () => {
    const titleOf = (trials: readonly ReportTrial[]) => trajectoriesFigure(groupTrials(trials)).title;
    expect(titleOf(syntheticTrials())).toBe('Eigenvalues and relevance over training');
    expect(titleOf(syntheticTrials({ parametrizations: ['direct'] }))).toBe('Relevance over training');
  });
});

describe('dashes of rankings', () => {
  it('differ in the length of their first dash, and are long enough in the legend to be distinguishable', () => {
    const [panel] = panelsOf(baselinesOf('random', 'oracle', 'eigenvalue'));
    const { scale, legend } = panel?.encoding.strokeDash ?? {};
    const dashes = scale?.range as number[][];
    expect(scale?.domain).toEqual(['relevance', 'oracle', 'random', 'eigenvalue']);
    expect(new Set(dashes.map(([dash]) => dash)).size).toBe(4);
    const longest = Math.max(...dashes.map((dash) => dash.reduce((total, each) => total + each, 0)));
    expect(Math.sqrt((legend as { symbolSize: number }).symbolSize)).toBeGreaterThan(1.5 * longest);
  });
});

describe('values of a protocol as text', () => {
  it('have four significant digits, or as many more as distinguish them', () => {
    expect(rates.map(inFlow)).toEqual(['0.001', '0.001778', '0.003162', '0.005623', '0.01']);
    expect([0.300001, 0.300002, 1234567].map(inFlow)).toEqual(['0.300001', '0.300002', '1234567']);
    expect(inFlow(rates)).toBe('[ 0.001, 0.001778, 0.003162, 0.005623, 0.01 ]');
    expect(inFlow({ base: 0.00316227766017 })).toBe('{ base: 0.003162 }');
  });
});
