/** Values of exactly 0, which a logarithmic axis has no place for: every figure says what it does with them. */
import { describe, expect, it } from 'vitest';
import { groupTrials, type ReportTrial } from '../../src/experiments/teacher-student/panels/trial-groups.js';
import { figures } from '../../src/experiments/teacher-student/report/figures.js';
import { type Figure, isDrawn, type LeftOut, specification } from '../../src/figures/figure.js';
import { renderSvg } from '../../src/figures/render.js';
import { lightTheme } from '../../src/figures/theme.js';
import { withSyntheticStructures } from './synthetic-structures.js';
import { syntheticTrials } from './synthetic-trials.js';

const trials = syntheticTrials({ teacherSizes: [10, 20], widths: [20, 60] });

/** [h + 1]; loss with n nodes kept */
const curve = ({ width }: ReportTrial, loss: (kept: number) => number) =>
  Float64Array.from({ length: width + 1 }, (_, kept) => loss(kept));

function exact(trial: ReportTrial): ReportTrial {
  const { lossHistory } = trial;
  const none = new Float64Array(lossHistory.epoch.length);
  return {
    ...trial,
    ...{ trainLoss: 0, testLoss: 0, pruningLosses: curve(trial, () => 0) },
    rankedLosses: { random: curve(trial, () => 0) },
    lossHistory: { ...lossHistory, trainLoss: none, validationLoss: none },
  };
}

/** A teacher's nodes are enough for no error at all, and each that is missing counts. */
const exactAtTeacher = (trial: ReportTrial): ReportTrial => ({
  ...trial,
  pruningLosses: curve(trial, (kept) => Math.max(0, trial.teacherSize - kept)),
});

const runs: Readonly<Record<string, readonly ReportTrial[]>> = {
  'all losses 0': trials.map(exact),
  'losses of every second trial 0': trials.map((trial, i) => (i % 2 === 1 ? exact(trial) : trial)),
  'no error from the size of the teacher on': trials.map(exactAtTeacher),
  'an error that changes on the right alone': trials.map((trial) => ({
    ...trial,
    pruningLosses: curve(trial, (kept) => (kept > trial.teacherSize && kept < trial.width ? 1 : 0)),
  })),
  'relevance of 0 all along, and a threshold of 0': trials.map((trial) => ({
    ...trial,
    ...{ threshold: 0, effectiveSize: 0, relevance: new Float64Array(trial.width) },
    ...(trial.nodeHistory && {
      nodeHistory: { relevance: new Float32Array(trial.nodeHistory.relevance.length) },
    }),
  })),
};

const nothingRises = expect.stringMatching(
  /with an error that pruning changes; of h_T = 10, 20 this run has none\.$/,
);

function figuresOf(run: string): Map<string, Figure | LeftOut> {
  const groups = groupTrials(withSyntheticStructures(runs[run] ?? []));
  return new Map(figures.map((make) => make(groups)).map((figure) => [figure.name, figure]));
}
const notesOf = (run: string, name: string) => {
  const figure = figuresOf(run).get(name) as Figure | LeftOut;
  if (!isDrawn(figure)) throw new Error(`${name} is left out: ${figure.reason}`);
  return figure.notes.filter((note) => /\b0\b.*logarithmic|logarithmic.*\b0\b/.test(note));
};

it.each(Object.keys(runs))(
  '%s: every figure is drawn without a non-finite number, or omitted with a reason',
  async (run) => {
    for (const figure of figuresOf(run).values()) {
      if (!isDrawn(figure)) continue;
      const svg = await renderSvg(
        specification(figure, { theme: lightTheme, layout: 'wide', inPage: false }),
      );
      const all = [svg, figure.caption, ...figure.notes].join('\n');
      expect(/.{0,60}(?:NaN|undefined|null|Infinity).{0,60}/.exec(all)?.[0], figure.name).toBeUndefined();
    }
  },
  30_000,
);

describe('all losses 0', () => {
  const run = 'all losses 0';

  it('are omitted from losses, loss curves and baselines', () => {
    for (const name of ['loss', 'loss-curves', 'baselines'])
      expect(notesOf(run, name), name).toEqual([
        expect.stringMatching(/^On the logarithmic axis \d+ values are exactly 0 and are not drawn\.$/),
      ]);
  });

  it('cause zero changes, which pruning draws at the lower end of its axis', () => {
    expect(notesOf(run, 'pruning')).toContainEqual(
      expect.stringMatching(/^\d+ values of 0 are drawn at 0\.1, the foot of the logarithmic axis\.$/),
    );
  });

  it('make universality impossible to compare', () => {
    expect(figuresOf(run).get('universality')).toMatchObject({ reason: nothingRises });
  });

  it('are in the histogram of relevance, whose axis contains 0', () => {
    expect(notesOf(run, 'relevance-histogram')).toEqual([]);
  });
});

describe('some values of 0', () => {
  it('are drawn at the lower end of the axes that have one for zeros', () => {
    const run = 'no error from the size of the teacher on';
    for (const name of ['pruning', 'universality'])
      expect(notesOf(run, name), name).toContainEqual(
        expect.stringMatching(/^\d+ values of 0 are drawn at \S+, the foot of the logarithmic axis\.$/),
      );
    const figure = figuresOf(run).get('universality') as Figure;
    const points = figure.datasets.points ?? [];
    const zeros = points.filter(({ y, kept, width }) => y === 0 && Number(kept) < Number(width));
    expect(figure.notes.join('\n')).toContain(`${zeros.length} values of 0 are drawn`);
    for (const { drawn } of points) expect(drawn).toBeGreaterThan(0);
  });

  it('are drawn at the lower end of the axis of relevances over training', () => {
    const run = 'relevance of 0 all along, and a threshold of 0';
    expect(notesOf(run, 'trajectories')).toEqual([
      expect.stringMatching(/^\d+ values of 0 are drawn at 0\.001, the foot of the logarithmic axis\.$/),
    ]);
  });

  it('left of the transition, all of them, make universality impossible to compare', () => {
    const figure = figuresOf('an error that changes on the right alone').get('universality');
    expect(figure).toMatchObject({ reason: nothingRises });
  });

  it('are not mentioned in figures without any', () => {
    const groups = groupTrials(withSyntheticStructures(trials));
    const notes = figures
      .map((make) => make(groups))
      .flatMap((figure) => (isDrawn(figure) ? figure.notes : []));
    expect(notes.filter((note) => /exactly 0|values? of 0/.test(note))).toEqual([]);
  });
});
