import { expect, it } from 'vitest';
import { leanSvg } from '../../src/figures/lean-svg.js';

it('leanSvg rounds coordinates and sizes to a hundredth, and nothing else', () => {
  expect(
    leanSvg(
      '<path transform="translate(9.318181818181818,13.00000000000001)" d="M0.123456,-1.5e-7L2.5,-3.14159" opacity="0.123456"/>' +
        '<text x="0.5000001">0.123456</text>',
    ),
  ).toBe(
    '<path transform="translate(9.32,13)" d="M0.12,-1.5e-7L2.5,-3.14" opacity="0.123456"/><text x="0.5">0.123456</text>',
  );
});

it('leanSvg removes invisible paths', () => {
  const seen = '<path class="background" aria-hidden="true" d="M0,0h195v230h-195Z"/>';
  expect(
    leanSvg(
      `<g>${seen}<path class="foreground" aria-hidden="true" d="" display="none"/>` +
        '<path class="background" aria-hidden="true" d="M0,0h0v0h0Z" pointer-events="none"/></g>',
    ),
  ).toBe(`<g>${seen}</g>`);
});
