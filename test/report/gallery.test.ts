/** The figures of a real, small run: what `npm run gallery` draws. What they draw is tested in figure-properties.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { drawing } from '../../src/figures/figure.js';
import { file } from './drawn-panels.js';
import { fixtures, type Gallery, galleryRun } from './gallery-run.js';

let gallery: Gallery;
beforeAll(async () => {
  gallery = await galleryRun();
}, 60_000);

/** A column of the table of a figure, by what stands in others. */
function cells(name: string, column: string, where: Record<string, number | string> = {}) {
  const { columns, rows } = gallery.figure(name).table;
  const at = (title: string) => {
    expect(columns).toContain(title);
    return columns.indexOf(title);
  };
  return rows
    .filter((row) => Object.entries(where).every(([title, value]) => row[at(title)] === value))
    .map((row) => row[at(column)] as number);
}

describe('the figures of the gallery', () => {
  it('are all of the paper', () => {
    expect(gallery.names).toEqual([
      'relevance-histogram',
      'effective-size',
      'loss',
      'pruning',
      'universality',
      'paths',
      'topology',
      'trajectories',
      'loss-curves',
      'cost',
    ]);
  });

  // The two that the paper's claim rests on. `vitest -u` writes them anew: then look at the pictures.
  it.each(['effective-size', 'pruning'])('%s has the recorded specification', async (name) => {
    const text = `${JSON.stringify(drawing(gallery.figure(name), file), rounded, 1)}\n`;
    await expect(text).toMatchFileSnapshot(`${fixtures}gallery-specifications/${name}.json`);
  });
});

/** Nine digits: the last ones of a logarithm are the machine's. */
function rounded(_name: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(9)) : value;
}

describe('universality in the gallery', () => {
  it('compares students wider than their teacher, with every point of their curves', () => {
    for (const parametrization of ['spectral', 'direct']) {
      for (const [teacherSize, widths] of [
        [10, [20, 40, 60, 100]],
        [20, [40, 60, 100]],
      ] as const) {
        const place = { parametrization, teacherSize };
        expect([...new Set(cells('universality', 'width', place))]).toEqual(widths);
        for (const width of widths) {
          const kept = cells('universality', 'nodes kept', { ...place, width });
          expect(kept).toEqual(Array.from({ length: 2 * teacherSize + 1 }, (_, k) => k));
        }
      }
    }
  });

  it('has spectral curves that are closer together than direct ones', () => {
    const { caption } = gallery.figure('universality');
    const [spectral, direct] = [...caption.matchAll(/by a factor of ([\d.]+)/g)].map((match) =>
      Number(match[1]),
    );
    expect(spectral).toBeGreaterThan(1);
    expect(spectral).toBeLessThan(1.4);
    expect(direct).toBeGreaterThan(1.5);
    expect(caption).toMatch(/\(S = [\d.]+\).*\(S = [\d.]+\)/);
  });
});

describe('the surviving sub-networks of the gallery', () => {
  const place = { parametrization: 'spectral', teacherSize: 20, width: 100 };

  it('overlap with the teacher more than random nodes', () => {
    expect(cells('topology', 'overlap mean', place)[0]).toBeGreaterThan(0.99);
    expect(cells('topology', 'overlap of random nodes', place)[0]).toBeLessThan(0.65);
  });

  it("have strengths and paths closer to the teacher's than direct students", () => {
    const direct = { ...place, parametrization: 'direct' };
    for (const column of [
      'KS distance of balanced in-strengths mean',
      'KS distance of balanced out-strengths mean',
    ])
      expect(cells('topology', column, place)[0]).toBeLessThan(
        cells('topology', column, direct)[0] as number,
      );
    const median = (network: string, where: typeof place) => {
      const at = { ...where, network, quantile: 0.9 };
      return cells('paths', 'path value mean', at)[0] as number;
    };
    const teacher = median('teacher', place);
    expect(median('teacher', direct)).toBe(teacher);
    expect(Math.abs(median('pruned', place) - teacher)).toBeLessThan(0.4 * teacher);
    expect(Math.abs(median('unpruned', place) - teacher)).toBeGreaterThan(0.8 * teacher);
    expect(Math.abs(median('pruned', direct) - teacher)).toBeGreaterThan(0.6 * teacher);
  });

  it('have a row for each group of trials, with as many nodes as their effective size', () => {
    expect(cells('topology', 'trials')).toEqual(gallery.groups.map(({ trials }) => trials.length));
    expect(cells('topology', 'surviving nodes mean')).toEqual(
      gallery.groups.map(
        ({ trials }) => trials.reduce((sum, each) => sum + each.effectiveSize, 0) / trials.length,
      ),
    );
  });
});
