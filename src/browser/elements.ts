import { subscriptSpans } from '../figures/subscripts.js';

/** An element of the initial page. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as Kind;
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text: string | number = '',
  className = '',
): HTMLElementTagNameMap[Name] {
  return Object.assign(document.createElement(name), { textContent: String(text), className });
}

/** Runs `work` on each request, never twice at once: requests during a run are served by one run after it. */
export function oneAtATime(work: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const run = async () => {
    again = running;
    if (running) return;
    running = true;
    await work().catch((error) => console.error(error));
    running = false;
    if (again) void run();
  };
  return () => void run();
}

/** `h_T` with its subscript. */
export function withSubscripts(text: string): (string | HTMLElement)[] {
  return subscriptSpans(text).map((span) => (span.size ? element('sub', span.text) : span.text));
}
