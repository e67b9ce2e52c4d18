import { describe, expect, it } from 'vitest';
import { groupTrials, type ReportTrial } from '../../src/experiments/teacher-student/panels/trial-groups.js';
import { figures } from '../../src/experiments/teacher-student/report/figures.js';
import { type Figure, type FigureStyle, isDrawn, specification } from '../../src/figures/figure.js';
import { renderSvg } from '../../src/figures/render.js';
import { darkTheme, lightTheme } from '../../src/figures/theme.js';
import { handMade } from './hand-made-trials.js';
import { withSyntheticStructures } from './synthetic-structures.js';
import { syntheticTrials } from './synthetic-trials.js';

const paperWidths = [10, 20, 40, 60, 100, 200, 400, 500, 700, 800, 1000, 1500];
const file: FigureStyle = { theme: lightTheme, layout: 'wide', inPage: false };
const phone: FigureStyle = { theme: darkTheme, layout: 'narrow', inPage: true };

/** Random orders lose the more, an oracle a little less. */
function withRankings(trials: readonly ReportTrial[]): ReportTrial[] {
  return trials.map((trial) => ({
    ...trial,
    rankedLosses: {
      random: Float64Array.from(trial.pruningLosses, (loss, kept) => loss * (1 + trial.width - kept)),
      oracle: Float64Array.from(trial.pruningLosses, (loss) => loss * 0.99),
    },
  }));
}

/** Everything that a figure must survive. */
const runs: Record<string, readonly ReportTrial[]> = {
  'the quick preset': syntheticTrials(),
  'all widths of the paper': syntheticTrials({ widths: paperWidths, trials: 2 }),
  'two teacher sizes': syntheticTrials({ teacherSizes: [10, 20] }),
  'one parametrisation': syntheticTrials({ parametrizations: ['direct'] }),
  'one trial': syntheticTrials({ trials: 1 }),
  'one width': syntheticTrials({ widths: [60] }),
  'a single student': syntheticTrials({ widths: [200], trials: 1, parametrizations: ['spectral'] }),
  'students narrower than the teacher': syntheticTrials({ widths: [3, 5], trials: 2 }),
  'a run that has just begun': syntheticTrials().filter(
    (trial) => trial.parametrization === 'spectral' || (trial.width === 20 && trial.trial === 0),
  ),
  'a teacher size without direct students': syntheticTrials({ teacherSizes: [10, 20] }).filter(
    (trial) => trial.parametrization === 'spectral' || trial.teacherSize === 10,
  ),
  'several settings': ([0.1, 0.01, 0.001] as const).flatMap((learningRate) =>
    syntheticTrials({ widths: [20, 60], trials: 2 }).map(
      (trial): ReportTrial => ({
        ...trial,
        settings: {
          [`arms.${trial.parametrization}.optimizer`]: { adam: { learningRate, beta1: 0.9, beta2: 0.999 } },
          'data.train': 8000,
        },
      }),
    ),
  ),
  'other rankings': withRankings(syntheticTrials({ teacherSizes: [10, 20] })),
  'other rankings of some trials that lost everything': withRankings(syntheticTrials()).map((trial, i) => ({
    ...trial,
    pruningLosses: new Float64Array(trial.width + 1),
    ...(i % 2 === 0 && { rankedLosses: {} }),
  })),
  'zero losses': handMade.map((trial) => ({ ...trial, trainLoss: 0, testLoss: 0 })),
  'dead students': handMade.map((trial) => ({
    ...trial,
    effectiveSize: 0,
    relevance: new Float64Array(4),
    pruningLosses: new Float64Array(5),
  })),
};

/** Why a figure may have nothing to draw, as a sentence. */
const leftOut: Record<string, RegExp> = {
  universality: /^It compares teachers of at least two sizes.*\.$/,
  baselines: /^It compares pruning by relevance with other rankings.*\.$/,
  topology: /^No student has a node above the threshold.*\.$/,
};

/** A picture takes half a second: each figure draws every third run, and each run is drawn by every third figure. */
const isDrawnHere = (figure: number, run: number) =>
  (figure + run) % 3 === 0 || process.env.EIGENSTUDENT_ALL_PICTURES !== undefined;

describe.each(figures.map((make, i) => [make(groupTrials(handMade)).name, make, i] as const))(
  '%s',
  (_, make, place) => {
    it.each(Object.entries(runs).filter((_run, i) => isDrawnHere(place, i)))(
      'draws %s without a warning',
      async (_run, trials) => {
        // renderSvg fails on any warning of Vega or Vega-Lite.
        const figure = make(groupTrials(withSyntheticStructures(trials)));
        if (!isDrawn(figure)) {
          expect(Object.keys(leftOut)).toContain(figure.name);
          expect(figure.reason).toMatch(leftOut[figure.name] as RegExp);
          return;
        }
        const svg = await renderSvg(specification(figure, file));
        expect(svg).toMatch(/^<svg /);
        expect(/.{0,60}(?:NaN|undefined|null|Infinity).{0,60}/.exec(svg)?.[0]).toBeUndefined();
        expect(texts(svg)).toContain(figure.title);
      },
    );

    it('fits a phone of 390 pixels with a margin of 16', async () => {
      for (const run of ['the quick preset', 'two teacher sizes', 'several settings', 'other rankings']) {
        const figure = make(groupTrials(withSyntheticStructures(runs[run] ?? [])));
        if (!isDrawn(figure)) continue;
        const svg = await renderSvg(specification(figure, phone));
        expect(Number(/width="(\d+)"/.exec(svg)?.[1]), run).toBeLessThanOrEqual(390 - 2 * 16);
      }
    });
  },
);

const texts = (svg: string) => svg.replace(/<[^>]*>/g, '\n').replace(/\n+/g, '\n');
/** A line of its own for each line of a text, its subscripts in it. */
const plain = (svg: string) => svg.replace(/<tspan x=[^>]*>/g, '\n').replace(/<\/?tspan[^>]*>/g, '');

async function picture(name: string, trials: readonly ReportTrial[], style = file): Promise<string> {
  const groups = groupTrials(trials);
  const figure = figures.map((make) => make(groups)).find((each) => each.name === name) as Figure;
  return renderSvg(specification(figure, style));
}

describe('the labels of a figure', () => {
  it('name axes, units, the line h_T and the spread: effective size', async () => {
    const lines = texts(plain(await picture('effective-size', syntheticTrials()))).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'Effective size against student width',
        'small points: trials; line and whiskers: mean ± 1 sd over 3 trials',
        'student width h (nodes)',
        'effective size nλ (nodes)',
        'hT = 20',
        'all h nodes',
        'spectral',
        'direct',
        'each trial divided by its own maximum',
      ]),
    );
  });

  it('name axes and the line h_T: loss', async () => {
    const lines = texts(plain(await picture('loss', syntheticTrials()))).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['mean squared error', 'student width h (nodes)', 'hT = 20', '0.01', '0.02']),
    );
  });

  it('name axes, the line h_T and the lower end of the axis: pruning', async () => {
    const lines = texts(plain(await picture('pruning', syntheticTrials()))).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'nodes kept nkept − hT',
        '|MSE after − MSE before|',
        'hT = 20',
        '≤ 10⁻⁶',
        '10⁻³',
        'width h',
        '200',
        'line: median, band: full range over 3 trials; circle: effective size nλ',
      ]),
    );
  });

  it('name panels, counts and the threshold: relevance', async () => {
    const lines = texts(plain(await picture('relevance-histogram', syntheticTrials()))).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'spectral',
        'h = 200',
        'direct',
        'h = 60',
        'nodes per trial',
        'relevance / largest',
        '0.25',
        '100',
        'bars: mean over 3 trials; nλ: nodes above the dashed threshold of 0.05',
      ]),
    );
  });

  it('state that a single trial has no spread', async () => {
    const one = syntheticTrials({ trials: 1 });
    expect(await picture('loss', one)).toContain('one trial per point: no spread');
    expect(await picture('pruning', one)).toContain('one trial per curve: no spread');
  });
});

describe('colours', () => {
  it('have the same meaning in every figure, in both themes', async () => {
    for (const theme of [lightTheme, darkTheme]) {
      for (const name of ['relevance-histogram', 'effective-size', 'loss', 'pruning']) {
        const svg = await picture(name, syntheticTrials(), { ...file, theme });
        expect(svg, `${name}, ${theme.name}`).toContain(theme.spectral);
        expect(svg, `${name}, ${theme.name}`).toContain(theme.direct);
        if (name !== 'relevance-histogram') expect(svg, `${name}, ${theme.name}`).toContain(theme.teacher);
      }
    }
  });

  it('are distinguishable: at least 3:1 against the background (WCAG 2.2, 1.4.11)', () => {
    for (const theme of [lightTheme, darkTheme]) {
      for (const name of ['spectral', 'direct', 'teacher', 'ink', 'muted'] as const) {
        expect(contrast(theme[name], theme.background), `${name}, ${theme.name}`).toBeGreaterThan(3);
      }
    }
  });
});

/** WCAG 2.2, "contrast ratio". */
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
