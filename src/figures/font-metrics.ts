import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import advances from './font-advances.json' with { type: 'json' };

const folder = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');

/** The fonts of every PNG, independent of the system, so that a figure has the same bytes everywhere. */
export const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) => join(folder, name));
export const fontFamily = 'DejaVu Sans';

/** Width of a text in units of the font size. */
export type Advance = (text: string) => number;

let measured: { normal: Advance; bold: Advance } | undefined;

/**
 * Text widths of the fonts, extracted by scripts/font-advances.js. Vega without a canvas assumes 0.8 of the font size
 * per character, half as much again as the width of DejaVu Sans, and leaves gaps in axes and legends.
 */
export function fontAdvances(): { normal: Advance; bold: Advance } {
  measured ??= { normal: advanceOf(advances.normal), bold: advanceOf(advances.bold) };
  return measured;
}

interface FontAdvances {
  readonly unitsPerEm: number;
  readonly missing: number;
  readonly characters: Readonly<Record<string, string>>;
}

function advanceOf({ unitsPerEm, missing, characters }: FontAdvances): Advance {
  const advances = new Map<string, number>();
  for (const [advance, alike] of Object.entries(characters))
    for (const character of alike) advances.set(character, Number(advance));
  return (text) => {
    let total = 0;
    for (const character of text) total += advances.get(character) ?? missing;
    return total / unitsPerEm;
  };
}
