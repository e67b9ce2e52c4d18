/** What the gallery's figures against the width draw: the rows of each panel, and the scales and domains of its axes. */
import { beforeAll, describe, expect, it } from 'vitest';
import { effectiveSizeFigure } from '../../src/experiments/teacher-student/figures/effective-size.js';
import { groupTrials } from '../../src/experiments/teacher-student/panels/trial-groups.js';
import {
  axesOf,
  type DrawnPanel,
  distinct,
  file,
  isWithin,
  panelsOf,
  rowsWith,
  subtitleOf,
} from './drawn-panels.js';
import { type Gallery, galleryRun } from './gallery-run.js';
import { handMade } from './hand-made-trials.js';

let gallery: Gallery;
let panels: DrawnPanel[];
beforeAll(async () => {
  gallery = await galleryRun();
}, 60_000);

const axes = (which: 'x' | 'y') => axesOf(panels, which);
const draw = (name: string) => {
  panels = panelsOf(gallery.figure(name));
  return gallery.figure(name);
};

describe('effective-size', () => {
  it('draws one panel per teacher size where pooling makes no visible difference, and states the difference', () => {
    const { notes, table } = draw('effective-size');
    expect(panels.map(({ title }) => title)).toEqual([
      'each trial divided by its own maximum hT = 10',
      'each trial divided by its own maximum hT = 20',
    ]);
    expect(notes.join('\n')).toMatch(
      /^Divided by the maximum pooled over trials instead, mean effective sizes differ by at most 2\.5 %: the table has both\.$/m,
    );
    expect(table.columns).toContain('effectiveSizePooled mean');
  });

  it('has a panel of the pooled normalisation beside the other where a mean differs by more than a tenth', () => {
    // 2.5 nodes by each trial's own maximum, 2 by the pooled one.
    const figure = effectiveSizeFigure(groupTrials(handMade));
    expect(panelsOf(figure).map(({ title }) => title)).toEqual([
      'each trial divided by its own maximum',
      'divided by the maximum pooled over trials',
    ]);
    expect(figure.notes.join('\n')).not.toContain('pooled');
  });

  it('has logarithmic axes that contain every width, mean and trial', () => {
    draw('effective-size');
    expect(distinct(panels.flatMap(({ x, y }) => [x.scale, y.scale]))).toEqual(['log']);
    for (const { layers, x, y } of panels) {
      const rows = layers.flatMap((layer) => layer.rows).filter(({ panel }) => panel !== undefined);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        expect(isWithin(row.at, x.domain)).toBe(true);
        expect(isWithin(row.meanDrawn ?? row.valueDrawn, y.domain)).toBe(true);
      }
    }
  });
});

describe('loss', () => {
  it('marks with a triangle at the lower end of the axis each whisker whose end is below it, and no other', () => {
    const { datasets } = draw('loss');
    const [foot] = panels[0]?.y.domain ?? [0];
    const below = (datasets.summaries ?? []).filter(({ mean, sd }) => Number(mean) - Number(sd) < foot);
    expect(below.length).toBeGreaterThan(0);
    const triangles = rowsWith(panels, 'point', 'triangle-down');
    expect(triangles).toHaveLength(below.length);
    expect(triangles).toEqual(expect.arrayContaining(below));
    expect(distinct(below.map(({ lowDrawn }) => lowDrawn))).toEqual([foot]);
  });

  it('draws every other whisker from the mean less 1 sd to the mean plus 1 sd', () => {
    draw('loss');
    const whiskers = rowsWith(panels, 'errorbar');
    expect(whiskers.length).toBeGreaterThan(0);
    for (const { mean, sd, lowDrawn, high } of whiskers) {
      expect(lowDrawn).toBeCloseTo(Number(mean) - Number(sd), 12);
      expect(high).toBeCloseTo(Number(mean) + Number(sd), 12);
    }
  });

  it('explains the triangles in a note and in the saved picture', () => {
    const figure = draw('loss');
    const note = 'A whisker that ends in a triangle goes on below the axis';
    expect(figure.notes.filter((each) => each.startsWith(note))).toHaveLength(1);
    expect(subtitleOf(figure)).toContain(note);
  });

  it('has the note in a saved picture alone: a page has it below the picture', () => {
    const inPage = gallery.figure('loss').draw({ ...file, inPage: true });
    expect(JSON.stringify(inPage.title)).not.toContain('triangle');
  });

  it('has one pair of logarithmic axes for all panels', () => {
    draw('loss');
    expect(distinct(axes('x'))).toHaveLength(1);
    expect(distinct(panels.map(({ y }) => `${y.scale} [${y.domain}]`))).toHaveLength(1);
    expect(panels[0]?.x.scale).toBe('log');
    expect(panels[0]?.y.scale).toBe('log');
  });
});

describe('cost', () => {
  it('has logarithmic axes, and that of the ratio contains 1', () => {
    draw('cost');
    expect(panels.map(({ x, y }) => [x.scale, y.scale, y.title])).toEqual([
      ['log', 'log', 'microseconds per pattern'],
      ['log', 'log', 'time, spectral / direct'],
    ]);
    expect(isWithin(1, panels[1]?.y.domain ?? [0, 0])).toBe(true);
    expect(rowsWith(panels.slice(1), 'rule').filter(({ guide }) => guide !== undefined)).toEqual([
      { guide: 1 },
    ]);
  });

  it('states in its notes, its caption and the saved picture that times depend on the load of the machine', () => {
    const figure = draw('cost');
    const note = 'they depend on the load of the machine';
    expect(figure.notes[0]).toContain(note);
    expect(subtitleOf(figure)).toContain(note);
    expect(figure.caption).toContain('On a machine as busy as it was');
  });
});
