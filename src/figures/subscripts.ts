/**
 * `h_T`, `n_λ` and `n_{kept}` in texts become subscripts: Unicode has none for T or λ, and Vega sets plain text only.
 * Applied to the finished SVG, to the live one in the page (page-script.ts has the same rule) and to HTML.
 */
// One letter on its own, so that "run_directory" stays what it is.
const subscript = /(?<![\p{L}\p{N}_])([A-Za-zλφΦ])_(?:\{([^}<]+)\}|([\p{L}\p{N}])(?![\p{L}\p{N}_]))/gu;

/** In the text nodes of an SVG from Vega; attributes (accessible names among them) keep the plain form. */
export function subscriptsInSvg(svg: string): string {
  return svg.replace(/>([^<]*_[^<]*)</g, (_, text: string) => `>${toSpans(text)}<`);
}

/** In HTML that is already escaped. */
export function subscriptsInHtml(html: string): string {
  return html.replace(
    subscript,
    (_, base: string, word?: string, letter?: string) => `${base}<sub>${word ?? letter}</sub>`,
  );
}

/** As long as the set text is, near enough for layout: the mark itself takes no room. */
export function withoutMarks(text: string): string {
  return text.replace(
    subscript,
    (_, base: string, word?: string, letter?: string) => `${base}${word ?? letter}`,
  );
}

/** Lowered by dy and raised again with what follows, since Firefox knows no baseline-shift. */
function toSpans(text: string): string {
  let [spans, done] = ['', 0];
  const piece = (end: number) => {
    const plain = text.slice(done, end);
    return done === 0 || plain === '' ? plain : `<tspan dy="-0.1875em">${plain}</tspan>`;
  };
  for (const match of text.matchAll(subscript)) {
    const [whole, base, word, letter] = match;
    spans += `${piece(match.index + (base as string).length)}<tspan dy="0.25em" font-size="0.75em">${word ?? letter}</tspan>`;
    done = match.index + whole.length;
  }
  return spans + piece(text.length);
}
