import { describe, expect, it } from 'vitest';
import { groupTrials } from '../../../src/experiments/teacher-student/panels/trial-groups.js';
import { linearScale, logScale } from '../../../src/report/text/scale.js';
import { textPlot } from '../../../src/report/text/text-plot.js';
import { textPlots } from '../../../src/report/text/text-report.js';
import { syntheticTrial } from '../synthetic-trials.js';

const groups = groupTrials(
  [20, 60, 200].flatMap((width) =>
    (['spectral', 'direct'] as const).flatMap((arm) =>
      [0, 1, 2].map((trial) => syntheticTrial(arm, 20, width, trial)),
    ),
  ),
);
const plain = { columns: 80, colors: false };

describe('a plot in a terminal', () => {
  it('has its points, bars, guide and numbers where they belong', () => {
    const text = textPlot({
      title: 'Sizes',
      xTitle: 'width',
      x: logScale([1, 100], 11),
      y: linearScale([0, 4], 5, 4),
      width: 11,
      height: 5,
      series: [
        {
          name: 'one',
          glyph: '●',
          color: 34,
          points: [
            { x: 1, y: 0 },
            { x: 10, y: 2, spread: [1, 3] },
          ],
        },
        {
          name: 'two',
          glyph: '○',
          color: 33,
          points: [
            { x: 1, y: 0 },
            { x: 100, y: 4 },
            { x: 1000, y: 4 },
          ],
        },
      ],
      guide: { name: 'h_T', at: 'y', value: 1 },
      notes: [],
      colors: false,
    });
    expect(text).toBe(
      [
        'Sizes   ● one  ○ two  ◉ both  ┄ h_T',
        '       4 ┤          ○',
        '       3 ┤     │',
        '       2 ┤     ●',
        '       1 ┤┄┄┄┄┄│┄┄┄┄┄',
        '       0 ┤◉',
        '         └┬─┬──┬──┬──',
        '          1 2 10 50',
        '          width',
      ].join('\n'),
    );
  });

  it('has colours only where they are asked for', () => {
    const coloured = textPlots(groups, { ...plain, colors: true }).join('\n');
    expect(coloured).toContain('\u001b[34m●\u001b[39m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for is one
    expect(coloured.replace(/\u001b\[\d+m/g, '').replace(/ +$/gm, '')).toBe(
      textPlots(groups, plain).join('\n'),
    );
    expect(textPlots(groups, plain).join('\n')).not.toContain('\u001b');
  });
});

describe('the plots of a run', () => {
  it('are effective sizes, and pruning of the narrowest and widest students above the teacher', () => {
    const plots = textPlots(groups, plain);
    expect(plots.map((plot) => plot.split('   ')[0])).toEqual([
      'Effective size n_λ',
      'Error caused by pruning, h = 60',
      'Error caused by pruning, h = 200',
      'Validation loss, h = 200',
    ]);
    for (const line of plots.join('\n').split('\n')) expect(line.length).toBeLessThanOrEqual(90);
    // The teacher's line is below every size but the smallest.
    const [size] = plots as [string];
    const rows = size.split('\n');
    expect(rows.findIndex((row) => row.includes('○'))).toBeLessThan(
      rows.findIndex((row) => row.includes('┄┄┄')),
    );
  });

  it('leave out the loss of trials that were evaluated once', () => {
    const trial = syntheticTrial('spectral', 20, 20, 0);
    const one = Float64Array.of(1);
    const lossHistory = { epoch: one, trainLoss: one, validationLoss: one, effectiveSize: one };
    expect(textPlots(groupTrials([{ ...trial, lossHistory }]), plain)).toHaveLength(1);
  });

  it('need neither a second width, nor a spread, nor a student wider than the teacher', () => {
    const alone = groupTrials([syntheticTrial('spectral', 20, 20, 0)]);
    const plots = textPlots(alone, plain);
    expect(plots.map((plot) => plot.split('   ')[0])).toEqual([
      'Effective size n_λ',
      'Validation loss, h = 20',
    ]);
    expect(plots[0]).toContain('●');
    expect(plots.join()).not.toContain('◉');
  });
});

describe('axes', () => {
  it('leave out what they do not hold', () => {
    const log = logScale([0, 1, 100, Number.NaN], 21);
    expect([0, 0.5, 1, 10, 100, 1000].map(log.cellOf)).toEqual([undefined, undefined, 0, 10, 20, undefined]);
    expect(linearScale([-20, 20], 41).cellOf(21)).toBeUndefined();
    expect(linearScale([-20, 20], 41).ticks).toEqual([-20, -10, 0, 10, 20]);
  });

  it('have an extent around a single value, and without any', () => {
    expect(logScale([7], 11).cellOf(7)).toBe(5);
    expect(logScale([], 11).cellOf(1)).toBe(5);
  });
});
