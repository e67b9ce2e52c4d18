import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EigenstudentError } from '../errors.js';

const folder = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');

/** The fonts of every PNG; never the system's, so that a figure is the same bytes everywhere. */
export const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) => join(folder, name));
export const fontFamily = 'DejaVu Sans';

/** Width of a text in units of the font size. */
export type Advance = (text: string) => number;

let measured: { normal: Advance; bold: Advance } | undefined;

/**
 * Text widths from the font files themselves. Vega without a canvas takes 0.8 of the font size for every character,
 * half as much again as DejaVu Sans is wide, and lays out axes and legends with holes.
 */
export function fontAdvances(): { normal: Advance; bold: Advance } {
  measured ??= {
    normal: advanceOf(readFileSync(fontFiles[0] as string)),
    bold: advanceOf(readFileSync(fontFiles[1] as string)),
  };
  return measured;
}

/** From the tables head, hhea, hmtx and cmap (format 4) of a TrueType file (OpenType specification 1.9). */
function advanceOf(font: Buffer): Advance {
  const table = (tag: string): number => {
    const count = font.readUInt16BE(4);
    for (let entry = 12; entry < 12 + 16 * count; entry += 16) {
      if (font.toString('latin1', entry, entry + 4) === tag) return font.readUInt32BE(entry + 8);
    }
    throw unreadableFont(`it has no table ${tag}`);
  };
  const unitsPerEm = font.readUInt16BE(table('head') + 18);
  const metrics = font.readUInt16BE(table('hhea') + 34);
  const hmtx = table('hmtx');
  const glyph = glyphLookup(font, table('cmap'));
  return (text) => {
    let total = 0;
    for (const character of text) {
      const index = Math.min(glyph(character.codePointAt(0) as number), metrics - 1);
      total += font.readUInt16BE(hmtx + 4 * index);
    }
    return total / unitsPerEm;
  };
}

/** Code point -> glyph index, 0 (the box) for what the font or the basic plane does not have. */
function glyphLookup(font: Buffer, cmap: number): (codePoint: number) => number {
  const start = formatFour(font, cmap);
  const segments = font.readUInt16BE(start + 6) / 2;
  const [ends, starts] = [start + 14, start + 16 + 2 * segments];
  const [deltas, offsets] = [starts + 2 * segments, starts + 4 * segments];
  return (codePoint) => {
    for (let i = 0; i < segments; ++i) {
      if (codePoint > font.readUInt16BE(ends + 2 * i)) continue;
      const first = font.readUInt16BE(starts + 2 * i);
      if (codePoint < first) return 0;
      const delta = font.readUInt16BE(deltas + 2 * i);
      const offset = font.readUInt16BE(offsets + 2 * i);
      if (offset === 0) return (codePoint + delta) & 0xffff;
      const index = font.readUInt16BE(offsets + 2 * i + offset + 2 * (codePoint - first));
      return index === 0 ? 0 : (index + delta) & 0xffff;
    }
    return 0;
  };
}

function formatFour(font: Buffer, cmap: number): number {
  const count = font.readUInt16BE(cmap + 2);
  for (let entry = cmap + 4; entry < cmap + 4 + 8 * count; entry += 8) {
    const start = cmap + font.readUInt32BE(entry + 4);
    if (font.readUInt16BE(start) === 4) return start;
  }
  throw unreadableFont('it has no character map of format 4');
}

function unreadableFont(reason: string): EigenstudentError {
  return new EigenstudentError('file_corrupt', `cannot measure text with the font in ${folder}: ${reason}`);
}
