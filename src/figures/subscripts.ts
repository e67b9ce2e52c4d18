/**
 * `h_T`, `n_λ` and `n_{kept}` in texts become subscripts: Unicode has none for T or λ, and Vega sets plain text only.
 * Applied to the finished SVG, to the live one in the page and to HTML.
 */
// A single letter, so that "run_directory" is unchanged.
const subscript = /(?<![\p{L}\p{N}_])([A-Za-zλφΦ])_(?:\{([^}<]+)\}|([\p{L}\p{N}])(?![\p{L}\p{N}_]))/gu;

/** In the text nodes of an SVG from Vega; attributes (accessible names among them) keep the plain form. */
export function subscriptsInSvg(svg: string): string {
  return svg.replace(
    />([^<]*_[^<]*)</g,
    (_, text: string) => `>${subscriptSpans(text).map(tspan).join('')}<`,
  );
}

/** In HTML that is already escaped. */
export function subscriptsInHtml(html: string): string {
  return html.replace(
    subscript,
    (_, base: string, word?: string, letter?: string) => `${base}<sub>${word ?? letter}</sub>`,
  );
}

/** Approximately as long as the set text, for layout: the mark itself has no width. */
export function withoutMarks(text: string): string {
  return text.replace(
    subscript,
    (_, base: string, word?: string, letter?: string) => `${base}${word ?? letter}`,
  );
}

export interface SubscriptSpan {
  readonly text: string;
  /** Shift of the baseline from the previous span. */
  readonly shift?: string;
  readonly size?: string;
}

/** The text in spans: lowered by dy and raised again with the next span, since Firefox lacks baseline-shift. */
export function subscriptSpans(text: string): SubscriptSpan[] {
  const spans: SubscriptSpan[] = [];
  let done = 0;
  const addPlain = (end: number) => {
    if (end > done) spans.push({ text: text.slice(done, end), ...(done > 0 && { shift: '-0.1875em' }) });
  };
  for (const match of text.matchAll(subscript)) {
    const [whole, base, word, letter] = match;
    addPlain(match.index + (base as string).length);
    spans.push({ text: (word ?? letter) as string, shift: '0.25em', size: '0.75em' });
    done = match.index + whole.length;
  }
  addPlain(text.length);
  return spans;
}

function tspan({ text, shift, size }: SubscriptSpan): string {
  if (shift === undefined) return text;
  return `<tspan dy="${shift}"${size === undefined ? '' : ` font-size="${size}"`}>${text}</tspan>`;
}
