/** Breaks text into lines that fit a width in pixels, measured in the font of the pictures. */
import { type Advance, fontAdvances } from './font-metrics.js';
import { withoutMarks } from './subscripts.js';

export interface TextFont {
  readonly fontSize: number;
  readonly bold?: boolean;
}

/** Lines break at spaces, and within a word only where the word is longer than a line. */
export function wrappedText(text: string, pixels: number, font: TextFont): string[] {
  const fits = measure(pixels, font);
  // No line breaks at an equals sign.
  const words = text.split(/(?<!=) (?!=)/).flatMap((word) => pieces(word, fits));
  return filled(words, ' ', fits);
}

/** Pieces joined by "; ": lines break between pieces, and within one only where it is longer than a line. */
export function wrappedPieces(texts: readonly string[], pixels: number, font: TextFont): string[] {
  const fits = measure(pixels, font);
  const parts = texts.flatMap((text) => (fits(text) ? [text] : wrappedText(text, pixels, font)));
  return filled(parts, '; ', fits);
}

/** Size of the titles above panels, as chartConfig has it. */
const titleSize = 12;

/** The lines of the title above a panel, each broken where the panel is narrower, so that no title is cut off. */
export function panelTitle(lines: readonly string[], pixels: number, fontSize = titleSize): string[] {
  return lines.flatMap((line) => wrappedText(line, pixels, { fontSize, bold: true }));
}

type Fits = (text: string) => boolean;

function measure(pixels: number, { fontSize, bold = false }: TextFont): Fits {
  const advance: Advance = fontAdvances()[bold ? 'bold' : 'normal'];
  return (text) => fontSize * advance(withoutMarks(text)) <= pixels;
}

function filled(parts: readonly string[], joint: string, fits: Fits): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && fits(`${last}${joint}${part}`))
      lines[lines.length - 1] = `${last}${joint}${part}`;
    else lines.push(part);
  }
  return lines;
}

/** A word in parts that fit, each as long as it can be. */
function pieces(word: string, fits: Fits): string[] {
  if (fits(word)) return [word];
  const parts = [''];
  for (const character of word) {
    const last = parts.at(-1) as string;
    if (last === '' || fits(last + character)) parts[parts.length - 1] = last + character;
    else parts.push(character);
  }
  return parts;
}
