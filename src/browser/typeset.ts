import { subscriptSpans } from '../figures/subscripts.js';

/** Sets the subscripts in texts of a drawing by Vega, now and after each redraw. */
export function keepTypeset(place: Element): void {
  new MutationObserver(() => typeset(place)).observe(place, {
    childList: true,
    subtree: true,
    characterData: true,
  });
}

function typeset(place: Element): void {
  for (const text of place.querySelectorAll('svg text')) {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    const nodes: Text[] = [];
    while (walker.nextNode()) nodes.push(walker.currentNode as Text);
    for (const node of nodes) {
      const spans = subscriptSpans(node.data);
      if (spans.length > 1) node.replaceWith(...spans.map(tspan));
    }
  }
}

function tspan({ text, shift, size }: ReturnType<typeof subscriptSpans>[number]): SVGTSpanElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', 'tspan');
  made.textContent = text;
  if (shift) made.setAttribute('dy', shift);
  if (size) made.setAttribute('font-size', size);
  return made;
}
