import { createHash } from 'node:crypto';
import { pageScripts } from '../report/page-scripts.js';
import { pageStyle } from '../report/page-style.js';
import { escapeHtml } from '../report/table.js';
import { trialStates } from './live-state.js';
import { liveStyle } from './live-style.js';

export interface LivePage {
  readonly html: string;
  /**
   * Headers of the response: the page may run the scripts that it contains, connect to its own server, and nothing
   * else.
   */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The page that follows a run directory; it contains everything but the numbers.
 * @throws file_unreadable: see
 * pageScripts
 */
export async function livePage(directory: string): Promise<LivePage> {
  const style = pageStyle + liveStyle;
  const scripts = await pageScripts('live-page');
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(sourceHash).join(' ')}`,
    `style-src ${sourceHash(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return {
    html: html(escapeHtml(directory), style, scripts),
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy },
  };
}

function sourceHash(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}

function html(directory: string, style: string, scripts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${directory}: a sweep</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>
<button id="theme" type="button">Dark</button>
<h1 id="title">A sweep</h1>
<p class="lead"><code>${directory}</code></p>
<p id="connection" class="note" role="status">Connecting ...</p>
<noscript><p class="warning">This page needs JavaScript; <code>eigenstudent status</code> tells the same in a terminal.</p></noscript>
</header>
<main>
<section id="tally" aria-labelledby="tally-title" hidden>
<h2 id="tally-title">Trials</h2>
<div id="bar" class="bar" role="img"></div>
<ul class="tally">${trialStates.map(tallyItem).join('')}</ul>
<dl id="facts"></dl>
<div id="damaged"></div>
</section>
<div id="charts"></div>
<section id="failures" aria-labelledby="failures-title" hidden>
<h2 id="failures-title">Failures</h2>
<p class="note" id="failures-note"></p>
<ul id="failure-list"></ul>
</section>
<section id="groups" aria-labelledby="groups-title" hidden>
<h2 id="groups-title">Kinds of trials</h2>
<p class="note" id="groups-note"></p>
<div class="table" tabindex="0" role="region" aria-labelledby="groups-title"><table>
<thead><tr id="group-names"></tr></thead>
<tbody id="group-rows"></tbody></table></div>
</section>
</main>
<footer><p>This page only watches: nothing on it changes the sweep. A trial shows its curve whenever it keeps a checkpoint, and
when it ends.</p></footer>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}

function tallyItem(state: string): string {
  return `<li><span class="swatch ${state}"></span><b id="count-${state}">0</b> ${state}</li>`;
}
