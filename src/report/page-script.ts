/**
 * Script of report.html, run by the reader's browser after Vega, Vega-Lite and vega-embed: replaces each still picture
 * with a live one that fits the window and the theme. Without it the page is complete, but still.
 */
export const pageScript = String.raw`
(async () => {
  const packed = Uint8Array.from(atob(document.getElementById('figures').textContent), (c) => c.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const figures = await new Response(unpacked).json();
  const root = document.documentElement;
  const systemDark = matchMedia('(prefers-color-scheme: dark)');
  const button = document.getElementById('theme');
  const theme = () => root.dataset.theme || (systemDark.matches ? 'dark' : 'light');
  // The widest figure is about 800 pixels.
  const layout = () => (document.querySelector('main').clientWidth >= 760 ? 'wide' : 'narrow');
  const live = new Map();
  let drawn = '';

  // The rule of subscripts.ts, on text that Vega has set.
  const mark = /(?<![\p{L}\p{N}_])([A-Za-zλφΦ])_(?:\{([^}<]+)\}|([\p{L}\p{N}])(?![\p{L}\p{N}_]))/gu;
  function typeset(place) {
    for (const text of place.querySelectorAll('svg text')) {
      const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      const nodes = [];
      while (walker.nextNode()) nodes.push(walker.currentNode);
      for (const node of nodes) if (node.data.search(mark) >= 0) node.replaceWith(...spans(node.data));
    }
  }
  function spans(text) {
    const pieces = [];
    let done = 0;
    const span = (content, shift, size) => {
      const element = document.createElementNS('http://www.w3.org/2000/svg', 'tspan');
      element.textContent = content;
      if (shift) element.setAttribute('dy', shift);
      if (size) element.setAttribute('font-size', size);
      if (content) pieces.push(element);
    };
    for (const match of text.matchAll(mark)) {
      const end = match.index + match[1].length;
      span(text.slice(done, end), done > 0 ? '-0.1875em' : '');
      span(match[2] ?? match[3], '0.25em', '0.75em');
      done = match.index + match[0].length;
    }
    span(text.slice(done), '-0.1875em');
    return pieces;
  }

  async function draw() {
    const style = layout() + ' ' + theme();
    if (style === drawn) return;
    drawn = style;
    button.textContent = theme() === 'dark' ? 'Light' : 'Dark';
    for (const [name, { datasets, drawings }] of Object.entries(figures)) {
      const place = document.getElementById('live-' + name);
      live.get(name)?.finalize();
      const spec = { ...drawings[style], datasets: structuredClone(datasets) };
      const options = { mode: 'vega-lite', renderer: 'svg', actions: false, tooltip: { theme: theme() } };
      live.set(name, await vegaEmbed(place, spec, options));
      typeset(place);
      place.closest('figure').classList.add('is-live');
    }
  }

  // The still picture, or what the page has of the table behind it.
  const saved = {
    svg: async (name) => new Blob([await still(name)], { type: 'image/svg+xml' }),
    png: async (name) => {
      const image = document.querySelector('#' + name + ' .still');
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [2 * image.naturalWidth, 2 * image.naturalHeight];
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    },
    csv: async (name) => new Blob([figures[name].csv], { type: 'text/csv' }),
  };
  const still = async (name) => {
    const { src } = document.querySelector('#' + name + ' .still');
    return decodeURIComponent(src.slice(src.indexOf(',') + 1));
  };
  async function save({ figure, kind }) {
    const link = document.createElement('a');
    link.download = figure + '.' + kind;
    link.href = URL.createObjectURL(await saved[kind](figure));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
  for (const place of document.querySelectorAll('.downloads')) {
    place.hidden = false;
    place.addEventListener('click', ({ target }) => {
      if (target.dataset.kind) save(target.dataset).catch((error) => console.error(error));
    });
  }

  let turn = Promise.resolve();
  const redraw = () => { turn = turn.then(draw).catch((error) => console.error(error)); };
  for (const name of Object.keys(figures)) {
    const place = document.getElementById('live-' + name);
    new MutationObserver(() => typeset(place)).observe(place, { childList: true, subtree: true, characterData: true });
  }
  button.hidden = false;
  button.addEventListener('click', () => { root.dataset.theme = theme() === 'dark' ? 'light' : 'dark'; redraw(); });
  systemDark.addEventListener('change', redraw);
  addEventListener('resize', redraw);
  redraw();
})().catch((error) => console.error(error));
`;
