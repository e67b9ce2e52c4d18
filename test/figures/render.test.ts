import { describe, expect, it } from 'vitest';
import { fontAdvances } from '../../src/figures/font-metrics.js';
import { renderPng, renderSvg } from '../../src/figures/render.js';
import { rejectionOf } from '../failure.js';

const svg = (text: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text x="2" y="15" font-family="DejaVu Sans">${text}</text></svg>`;

describe('renderSvg', () => {
  it('refuses a specification that Vega-Lite does not draw as written', async () => {
    const bent = renderSvg({
      data: { values: [{ a: 1 }] },
      mark: 'bar',
      encoding: {
        x: { field: 'a', type: 'quantitative', scale: { type: 'log' } },
        shape: { field: 'a', type: 'nominal' },
      },
    });
    expect(await rejectionOf(bent)).toBe(
      `internal: a figure does not compile cleanly: shape dropped as it is incompatible with "bar".; ` +
        'Log scale domain includes zero: [0,1]',
    );
  });

  it('measures text by the font and restores Vega afterwards', async () => {
    const label = (text: string) =>
      renderSvg({
        data: { values: [{}] },
        width: 10,
        height: 10,
        mark: { type: 'text', text, fontSize: 100, align: 'left' },
      });
    const width = (drawing: string) => Number(/width="(\d+)"/.exec(drawing)?.[1]);
    const [narrow, wide] = [await label('iiii'), await label('WWWW')];
    // 0.8 of the font size for every character would make them equal.
    expect(width(wide) - width(narrow)).toBeGreaterThan(200);
    const { textMetrics } = (await import('vega')) as {
      textMetrics?: { width: (item: object, text: string) => number };
    };
    expect(textMetrics?.width({ fontSize: 100 }, 'iiii')).toBe(320);
  });

  it('draws the same with or without simultaneous pictures', async () => {
    const label = (text: string) => ({
      data: { values: [{ at: 1 }] },
      mark: { type: 'text' as const, text, clip: true },
      encoding: { x: { field: 'at', type: 'quantitative' as const } },
    });
    const alone = [await renderSvg(label('iiii')), await renderSvg(label('WWWW'))];
    expect(await Promise.all([renderSvg(label('iiii')), renderSvg(label('WWWW'))])).toEqual(alone);
  });

  it('sets h_T with a subscript', async () => {
    const drawing = await renderSvg({ data: { values: [{}] }, mark: { type: 'text', text: 'h_T = 20' } });
    expect(drawing).toContain(
      '>h<tspan dy="0.25em" font-size="0.75em">T</tspan><tspan dy="-0.1875em"> = 20</tspan><',
    );
  });
});

describe('renderPng', () => {
  it('has twice the size and gives the same bytes every time', () => {
    const png = renderPng(svg('n'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([80, 40]);
    expect(renderPng(svg('n')).equals(png)).toBe(true);
  });

  it('draws letters, Greek and superscripts', () => {
    const empty = renderPng(svg(''));
    const missing = renderPng(svg('\u{10ffff}'));
    for (const text of ['n', 'λ', 'Φ', '⁻', '‖']) {
      expect(renderPng(svg(text)).equals(empty), text).toBe(false);
      expect(renderPng(svg(text)).equals(missing), text).toBe(false);
    }
  });
});

describe('fontAdvances', () => {
  it('are those of DejaVu Sans 2.37, in units of the font size', () => {
    const { normal, bold } = fontAdvances();
    // From the font's own hmtx table, 2048 units an em: space 651, A 1401, i 569, lambda 1212; bold A 1585.
    expect(normal(' ')).toBe(651 / 2048);
    expect(normal('A')).toBe(1401 / 2048);
    expect(normal('Ai')).toBe((1401 + 569) / 2048);
    expect(normal('λ')).toBe(1212 / 2048);
    expect(bold('A')).toBe(1585 / 2048);
    expect(normal('')).toBe(0);
  });
});
