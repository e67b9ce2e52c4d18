/**
 * Script of report.html, run by the reader's browser after Vega, Vega-Lite and vega-embed: replaces each still picture
 * with a live one that fits the window and the theme. Without it the page is complete, but still.
 */
export const pageScript = String.raw`
(() => {
  const figures = JSON.parse(document.getElementById('figures').textContent);
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
})();
`;
