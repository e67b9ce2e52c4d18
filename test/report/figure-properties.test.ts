/** What the figures of the gallery draw: the rows of each panel, and the scales and domains of its axes. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  axesOf,
  type DrawnPanel,
  distinct,
  isWithin,
  panelsOf,
  rowsWith,
  subtitleOf,
} from './drawn-panels.js';
import { type Gallery, galleryRun } from './gallery-run.js';

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

describe('relevance-histogram', () => {
  beforeAll(() => void draw('relevance-histogram'));

  it('draws relevance from 0 to 1 against counts on one symlog axis from 0 in every panel', () => {
    expect(distinct(axes('x'))).toEqual(['linear from [0,1]']);
    expect(distinct(panels.map(({ y }) => `${y.scale} ${y.field} from ${y.domain[0]}`))).toEqual([
      'symlog nodes from 0',
    ]);
    expect(distinct(panels.map(({ y }) => y.domain[1]))).toHaveLength(1);
  });

  it('has the bars of one teacher size, arm and width in each panel, and no two panels of the same', () => {
    const places = panels.map(({ layers }) => {
      const own = distinct(
        (layers[0]?.rows ?? []).map((row) => `${row.teacherSize} ${row.series} ${row.width}`),
      );
      expect(own).toHaveLength(1);
      return own[0];
    });
    expect(distinct(places)).toHaveLength(panels.length);
    expect(distinct(panels.map(({ title }) => title))).toHaveLength(panels.length);
  });

  it('counts every node of a student in one bar, below the top of the axis', () => {
    for (const { layers, y } of panels) {
      const bars = layers[0]?.rows ?? [];
      const nodes = bars.reduce((total, row) => total + Number(row.nodes), 0);
      expect(nodes).toBeCloseTo(Number(bars[0]?.width), 9);
      expect(bars.filter((row) => !isWithin(row.nodes, y.domain))).toEqual([]);
    }
  });

  it('states in the saved picture that the axis of counts is linear up to one and logarithmic above', () => {
    expect(subtitleOf(gallery.figure('relevance-histogram'))).toContain(
      'The axis of the counts is linear up to one node per trial and logarithmic above.',
    );
  });
});

describe('universality', () => {
  it('draws n_kept / h_T - 1 from -1 to 1 against a logarithmic axis that starts at a power of ten', () => {
    draw('universality');
    expect(distinct(panels.map(({ x }) => `${x.scale} [${x.domain}]`))).toEqual(['linear [-1,1]']);
    expect(distinct(panels.map(({ y }) => `${y.scale} [${y.domain}]`))).toEqual(['log [0.0001,1.5]']);
  });

  it('encodes widths by lightness and teacher sizes by shape, with a legend of each', () => {
    draw('universality');
    for (const { encoding, layers } of panels) {
      const { color } = encoding;
      const shape = layers.map((layer) => layer.encoding.shape).find((each) => each !== undefined);
      expect(color).toMatchObject({ field: 'width', legend: { title: 'width h' } });
      expect(color?.scale?.domain).toEqual([20, 40, 60, 100]);
      expect(distinct(color?.scale?.range ?? [])).toHaveLength(4);
      expect(shape).toMatchObject({ field: 'teacherSize', legend: { title: 'h_T' } });
      expect(shape?.scale?.domain).toEqual([10, 20]);
      expect(distinct(shape?.scale?.range ?? [])).toHaveLength(2);
    }
  });

  it('draws the whole bar of each point, and a triangle where it continues below the axis', () => {
    const { datasets } = draw('universality');
    const leaving = (datasets.points ?? []).filter(
      ({ y, error }) => Number(y) > 1e-4 && Number(y) - Number(error) < 1e-4,
    );
    expect(leaving.length).toBeGreaterThan(0);
    const triangles = rowsWith(panels, 'point', 'triangle-down');
    expect(triangles).toHaveLength(leaving.length);
    expect(triangles).toEqual(expect.arrayContaining(leaving));
  });

  it('explains S in its caption, its notes and the saved picture', () => {
    const figure = draw('universality');
    const meaning = 'S: mean squared distance between curves in units of their standard errors';
    for (const text of [figure.caption, figure.notes.join(' '), subtitleOf(figure)])
      expect(text).toContain(meaning);
  });
});

describe('paths', () => {
  it('draws quantiles from 0 to 1 against path values around 0, every mean and spread of a panel within', () => {
    draw('paths');
    expect(panels).toHaveLength(4);
    for (const { x, y, layers } of panels) {
      expect([x.scale, ...x.domain]).toEqual(['linear', 0, 1]);
      expect(y.scale).toBe('linear');
      expect(y.domain[0]).toBe(-y.domain[1]);
      const outside = layers
        .flatMap(({ rows }) => rows)
        .filter(({ low, high }) => !isWithin(low, y.domain) || !isWithin(high, y.domain));
      expect(outside).toEqual([]);
    }
  });

  it('has 101 quantiles of the teacher, the whole and the pruned student in each panel', () => {
    draw('paths');
    for (const { layers } of panels)
      for (const state of ['teacher', 'unpruned', 'pruned'])
        expect(layers[0]?.rows.filter((row) => row.state === state)).toHaveLength(101);
  });
});

describe('topology', () => {
  it('draws distribution functions from 0 to 1 that never fall', () => {
    draw('topology');
    const distributions = panels.slice(0, 3);
    for (const { x, y, layers } of distributions) {
      expect([x.scale, y.scale, ...y.domain]).toEqual(['linear', 'linear', 0, 1]);
      const rows = layers[0]?.rows ?? [];
      for (const name of distinct(rows.map(({ series, kind }) => `${series} ${kind}`))) {
        const shares = rows
          .filter(({ series, kind }) => `${series} ${kind}` === name)
          .map((row) => Number(row.share));
        expect(shares).toEqual(shares.toSorted((a, b) => a - b));
        expect([shares[0], shares.at(-1)]).toEqual([0, 1]);
      }
    }
    expect(distributions[2]?.x.domain).toEqual([0, 1.03]);
  });

  it('states above a drawing that it shows 30 of more nodes, and nothing above one that shows all', () => {
    draw('topology');
    const hidden = ({ layers }: DrawnPanel) =>
      layers.flatMap(({ rows }) => rows).filter(({ x, label }) => x === 1 && label !== undefined).length;
    expect(panels.slice(3).map((panel) => [panel.title, hidden(panel)])).toEqual([
      ['teacher hT = 20', 20],
      ['spectral h = 100, nλ = 25', 25],
      ['direct h = 100, nλ = 100 30 of 100 nodes drawn', 30],
    ]);
  });

  it('states in the saved picture which weights and nodes a drawing omits', () => {
    const figure = draw('topology');
    expect(subtitleOf(figure)).toContain('Weights below 0.4 of the largest of their layer are left out');
    expect(subtitleOf(figure)).toContain('Of more than 30 surviving nodes the most relevant 30 are drawn.');
    for (const { strength } of figure.datasets.edges ?? [])
      expect(Number(strength)).toBeGreaterThanOrEqual(0.4);
  });
});

describe('trajectories', () => {
  it('draws epochs from 0 to the last against relevance from 0.001, logarithmic, or eigenvalues around 0, linear', () => {
    draw('trajectories');
    expect(distinct(axes('x'))).toEqual(['linear epoch [0,2000]']);
    for (const { y } of panels) {
      if (y.title === 'relevance / largest') expect([y.scale, ...y.domain]).toEqual(['log', 0.001, 1.3]);
      else expect([y.title, y.scale, isWithin(0, y.domain)]).toEqual(['eigenvalue λi', 'linear', true]);
    }
  });

  it('has a panel of eigenvalues besides relevances for each spectral student, and not for a direct one', () => {
    draw('trajectories');
    expect(panels.map(({ title, y }) => `${title}: ${y.title}`)).toEqual([
      'spectral h = 100, hT = 10: eigenvalue λi',
      'spectral h = 100, hT = 10: relevance / largest',
      'direct h = 100, hT = 10: relevance / largest',
      'spectral h = 100, hT = 20: eigenvalue λi',
      'spectral h = 100, hT = 20: relevance / largest',
      'direct h = 100, hT = 20: relevance / largest',
    ]);
  });

  it('draws relevances no lower than the lower end of their axis', () => {
    draw('trajectories');
    for (const { layers, y } of panels.filter((panel) => panel.y.scale === 'log'))
      for (const { drawn } of layers.flatMap(({ rows }) => rows).filter(({ node }) => node !== undefined))
        expect(isWithin(drawn, y.domain)).toBe(true);
  });
});

describe('loss-curves', () => {
  it('has one logarithmic axis of losses and one of epochs, which contain every median and quartile', () => {
    const { datasets } = draw('loss-curves');
    expect(distinct(axes('x'))).toEqual(['linear epoch [0,2000]']);
    const shared = distinct(panels.map(({ y }) => `${y.scale} [${y.domain}]`));
    expect(shared).toHaveLength(1);
    expect(shared[0]).toMatch(/^log /);
    const domain = panels[0]?.y.domain ?? [0, 0];
    for (const { low, median, high } of datasets.losses ?? [])
      for (const value of [low, median, high]) expect(isWithin(value, domain)).toBe(true);
  });

  it('has the curves of one arm, teacher size and side in each panel, as its title states', () => {
    draw('loss-curves');
    for (const { title, layers } of panels) {
      const own = distinct(
        (layers[0]?.rows ?? []).map(
          ({ series, teacherSize, side }) =>
            `${series}, hT = ${teacherSize}: ${side === 'trainLoss' ? 'train' : 'validation'}`,
        ),
      );
      expect(own).toEqual([title]);
    }
  });
});

describe('pruning', () => {
  it('draws kept nodes less h_T on a linear axis against changes on one logarithmic axis whose lower end is a power of ten', () => {
    const { datasets } = draw('pruning');
    expect(panels.map(({ x }) => `${x.scale} [${x.domain}]`)).toEqual([
      ...Array(2).fill('linear [-10,30]'),
      ...Array(2).fill('linear [-20,60]'),
    ]);
    const [foot, top] = panels[0]?.y.domain ?? [0, 0];
    expect(distinct(panels.map(({ y }) => `${y.scale} [${y.domain}]`))).toEqual([`log [${foot},${top}]`]);
    expect(foot).toBe(1e-6);
    for (const { low, drawn, high } of datasets.curves ?? [])
      for (const value of [low, drawn, high]) expect(isWithin(value, [foot, top])).toBe(true);
  });
});
