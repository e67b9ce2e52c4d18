/** Shortens the SVG of Vega without a visible change: half of its bytes are digits below the resolution of a screen. */

/** Attributes with coordinates or sizes, in units of which a PNG has half. */
const geometry = /(?<= (?:d|transform|x|y|x1|x2|y1|y2|width|height|stroke-width)=")[^"]*(?=")/g;
const longNumber = /-?\d+\.\d{3,}(?:e-?\d+)?/g;

/** Paths that are invisible: the foregrounds of groups, and backgrounds without an extent. */
const nothing = /<path class="(?:foreground|background)"[^>]* d="(?:M0,0h0v0h0Z)?"[^>]*\/>/g;

export function leanSvg(svg: string): string {
  return svg
    .replace(nothing, '')
    .replace(geometry, (text) =>
      text.replace(longNumber, (digits) => String(Number(Number(digits).toFixed(2)))),
    );
}
