// node scripts/font-advances.js > src/figures/font-advances.json: how wide each character of DejaVu Sans is, which the layout of
// figures is computed with. To be run again for another version of the fonts; test/figures/font-advances.test.ts tells when.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const folder = path.dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));

/** Where a table of a TrueType file begins (OpenType specification 1.9). */
function tableOf(font, tag) {
  const count = font.readUInt16BE(4);
  for (let entry = 12; entry < 12 + 16 * count; entry += 16)
    if (font.toString('latin1', entry, entry + 4) === tag) return font.readUInt32BE(entry + 8);
  throw new Error(`the font has no table ${tag}`);
}

/** Of format 4: the characters of the basic plane. */
function characterMap(font) {
  const cmap = tableOf(font, 'cmap');
  const count = font.readUInt16BE(cmap + 2);
  for (let entry = cmap + 4; entry < cmap + 4 + 8 * count; entry += 8) {
    const start = cmap + font.readUInt32BE(entry + 4);
    if (font.readUInt16BE(start) === 4) return start;
  }
  throw new Error('the font has no character map of format 4');
}

/** [code point, glyph] of each character that the font has. */
function* glyphs(font) {
  const start = characterMap(font);
  const size = font.readUInt16BE(start + 6);
  const [ends, starts] = [start + 14, start + 16 + size];
  const [deltas, offsets] = [starts + size, starts + 2 * size];
  for (let segment = 0; segment < size; segment += 2) {
    const [first, last] = [font.readUInt16BE(starts + segment), font.readUInt16BE(ends + segment)];
    const delta = font.readUInt16BE(deltas + segment);
    const offset = font.readUInt16BE(offsets + segment);
    for (let code = first; code <= last && code < 0xffff; ++code) {
      const index = offset === 0 ? code : font.readUInt16BE(offsets + segment + offset + 2 * (code - first));
      const glyph = (index + delta) & 0xffff;
      if (index !== 0 && glyph !== 0) yield [code, glyph];
    }
  }
}

/** Characters by how far they advance, in units of which `unitsPerEm` are the font size; 'missing' is the box for all others. */
function advancesOf(name) {
  const font = readFileSync(path.join(folder, 'ttf', name));
  const metrics = font.readUInt16BE(tableOf(font, 'hhea') + 34);
  const advance = (glyph) => font.readUInt16BE(tableOf(font, 'hmtx') + 4 * Math.min(glyph, metrics - 1));
  const characters = {};
  for (const [code, glyph] of glyphs(font)) {
    characters[advance(glyph)] ??= '';
    characters[advance(glyph)] += String.fromCodePoint(code);
  }
  return { unitsPerEm: font.readUInt16BE(tableOf(font, 'head') + 18), missing: advance(0), characters };
}

const advances = { normal: advancesOf('DejaVuSans.ttf'), bold: advancesOf('DejaVuSans-Bold.ttf') };
// What an editor would not show as one character is escaped.
const text = JSON.stringify(advances).replace(
  /(?! )[\p{C}\p{M}\p{Z}]/gu,
  (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
);
console.log(text);
