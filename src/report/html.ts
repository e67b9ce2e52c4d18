import { reasonOf } from '../errors.js';
import type { FailedFigure, Figure, LeftOut } from '../figures/figure.js';
import { subscriptsInHtml } from '../figures/subscripts.js';
import { formatProtocol } from '../protocol/protocol.js';
import type { ReportContent } from '../sweep/report-content.js';
import { packedFigures } from './packed-figures.js';
import { pageScripts } from './page-scripts.js';
import { pageStyle } from './page-style.js';
import { escapeHtml, tableHtml } from './table.js';

/** A figure with its picture, as written to figures/. */
export interface DrawnFigure {
  readonly figure: Figure;
  readonly svg: string;
}

/** A section of the page. */
export type Section = DrawnFigure | LeftOut | FailedFigure;

/**
 * The page may load only what it contains, whatever a library requests. Vega compiles its expressions, hence
 * 'unsafe-eval'.
 */
const policy =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:";

/** report.html: one file that opens from disk without a network. */
export async function reportHtml(content: ReportContent, sections: readonly Section[]): Promise<string> {
  const figures = sections.filter((section): section is DrawnFigure => 'figure' in section);
  const scripts = await pageScripts('report-page');
  const title = escapeHtml(content.title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
<header>
<button id="theme" type="button" hidden>Dark</button>
<h1>${title}</h1>
${lead(content)}
${navigation(figures)}
</header>
<main>
${whatWasRun(content)}
${sections.map(sectionHtml).join('\n')}
</main>
<footer>
<p>${credit(content)}Figures drawn with Vega-Lite; nothing is loaded from elsewhere.</p>
</footer>
<script type="application/octet-stream" id="figures">${packedFigures(figures.map(({ figure }) => figure))}</script>
${scripts.map((source) => `<script>${source}</script>`).join('\n')}
</body>
</html>
`;
}

function credit({ after }: ReportContent): string {
  if (!after) return '';
  const { authors, title, source } = after;
  return `After ${escapeHtml(authors)}, <i>${escapeHtml(title)}</i>, ${escapeHtml(source)}. `;
}

function lead({ lead, troubles }: ReportContent): string {
  const count = troubles.length;
  const trouble =
    count > 0
      ? `<p class="warning"><a href="#trouble">${count === 1 ? '1 trial' : `${count} trials`} without a result</a>: in no figure, and in no mean.</p>`
      : '';
  return `<p class="lead">${markup(lead)}</p>${trouble}`;
}

function navigation(figures: readonly DrawnFigure[]): string {
  const links = figures.map(
    ({ figure }) => `<a href="#${escapeHtml(figure.name)}">${markup(figure.title)}</a>`,
  );
  return `<nav aria-label="Figures">${links.join('')}</nav>`;
}

function whatWasRun({ facts, table, tableNote, troubles, protocol }: ReportContent): string {
  const terms = facts.map(([name, text]) => `<dt>${escapeHtml(name)}</dt><dd>${markup(text)}</dd>`);
  const trouble = troubles.map((text) => `<li>${markup(text)}</li>`);
  return `<section id="run">
<h2>What was run</h2>
<dl>${terms.join('\n')}</dl>
${subscriptsInHtml(tableHtml(table))}
<p class="note">${markup(tableNote)}</p>
${trouble.length > 0 ? `<h3 id="trouble">Trials without a result</h3><ul>${trouble.join('\n')}</ul>` : ''}
<details><summary>Every number of the protocol</summary><pre>${escapeHtml(formatProtocol(protocol))}</pre></details>
</section>`;
}

function sectionHtml(section: Section): string {
  if ('figure' in section) return figureSection(section);
  return 'failure' in section ? failedSection(section) : leftOutSection(section);
}

function figureSection({ figure, svg }: DrawnFigure): string {
  const { title, caption, notes, hint, table } = figure;
  const name = escapeHtml(figure.name);
  return `<section id="${name}">
<h2>${markup(title)}</h2>
<p>${markup(caption)}</p>
<figure>
<div class="live" id="live-${name}"></div>
<img class="still" src="${pictureAddress(svg)}" alt="${escapeHtml(`${title}. ${caption}`)}">
</figure>
${notes.map((note) => `<p class="note">${markup(note)}</p>`).join('\n')}
<p class="note screen">${escapeHtml(hint)}</p>
<div class="downloads" hidden>
Save as ${['SVG', 'PNG', 'CSV'].map((kind) => `<button type="button" data-figure="${name}" data-kind="${kind.toLowerCase()}" aria-label="Save ${escapeHtml(title)} as ${kind}">${kind}</button>`).join(' ')}
</div>
<details><summary>The table behind it</summary>${tableHtml(table)}</details>
</section>`;
}

function leftOutSection({ name, title, reason }: LeftOut): string {
  return `<section id="${escapeHtml(name)}">
<h2>${markup(title)}</h2>
<p class="note">Not drawn. ${markup(reason)}</p>
</section>`;
}

function failedSection({ name, title, failure }: FailedFigure): string {
  return `<section id="${escapeHtml(name)}">
<h2>${markup(title)}</h2>
<p class="warning">Not drawn: this figure failed. ${markup(reasonOf(failure))}. The other figures do not depend on it.</p>
</section>`;
}

/** Escapes text and sets its subscripts. */
function markup(text: string): string {
  return subscriptsInHtml(escapeHtml(text));
}

/** Escapes only characters that an attribute with a data URL must not contain: base64 would be a third longer. */
function pictureAddress(svg: string): string {
  const text = svg.replace(
    /[%#"&]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `data:image/svg+xml;charset=utf-8,${text}`;
}
