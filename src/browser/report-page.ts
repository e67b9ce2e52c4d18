/**
 * Script of report.html: replaces each static picture with a live one that fits the window and the theme. Without it
 * the page is complete, but static.
 */
import type { Result } from 'vega-embed';
import type { LiveFigure } from '../report/packed-figures.js';
import { saveOnClick } from './downloads.js';
import { byId, oneAtATime } from './elements.js';
import { followTheme, themeName } from './page-theme.js';
import { keepTypeset } from './typeset.js';

type LiveFigures = Readonly<Record<string, LiveFigure>>;

/** The content that packedFigures wrote. */
async function unpackedFigures(): Promise<LiveFigures> {
  const packed = Uint8Array.from(atob(byId('figures').textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).json();
}

const drawn = new Map<string, Result>();
let drawnStyle = '';

/** The widest figure is about 800 pixels wide. */
function pageStyle(): string {
  const layout = (document.querySelector('main') as HTMLElement).clientWidth >= 760 ? 'wide' : 'narrow';
  return `${layout} ${themeName()}`;
}

async function draw(figures: LiveFigures): Promise<void> {
  const style = pageStyle();
  if (style === drawnStyle) return;
  drawnStyle = style;
  for (const [name, { datasets, drawings }] of Object.entries(figures)) {
    const place = byId(`live-${name}`);
    drawn.get(name)?.finalize();
    // A copy, because Vega modifies the rows that it is given.
    const specification = { ...drawings[style], datasets: structuredClone(datasets) };
    const embedded = await vegaEmbed(place, specification as never, {
      mode: 'vega-lite',
      renderer: 'svg',
      actions: false,
      tooltip: { theme: themeName() },
    });
    drawn.set(name, embedded);
    place.closest('figure')?.classList.add('is-live');
  }
}

async function start(): Promise<void> {
  const figures = await unpackedFigures();
  const redraw = oneAtATime(() => draw(figures));
  for (const name of Object.keys(figures)) keepTypeset(byId(`live-${name}`));
  saveOnClick((name) => figures[name]?.csv ?? '');
  followTheme(redraw);
  addEventListener('resize', redraw);
}

start().catch((error) => console.error(error));
