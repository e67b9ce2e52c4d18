import { darkTheme, lightTheme, type Theme } from '../figures/theme.js';

/** Stylesheet of report.html. Colours are those of the figures. */
export const pageStyle = `
:root { ${variables(lightTheme)} color-scheme: light; }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { ${variables(darkTheme)} color-scheme: dark; } }
:root[data-theme=dark] { ${variables(darkTheme)} color-scheme: dark; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--ink); line-height: 1.5;
  font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; }
main, header, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; overflow-wrap: anywhere; }
header { padding-top: 2rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .5rem; }
section { margin: 2.5rem 0; }
p { margin: .5rem 0; }
sub { line-height: 0; }
ul { padding-left: 1.2rem; }
.lead { font-size: 1.08rem; }
.note, footer, figcaption .note { color: var(--muted); font-size: .88rem; }
.warning { border-left: 4px solid var(--direct); padding-left: .75rem; }
a { color: var(--spectral); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; align-items: center; margin: 1rem 0; font-size: .95rem; }
button { font: inherit; font-size: .85rem; color: var(--ink); background: none; border: 1px solid var(--muted);
  border-radius: .35rem; padding: .2rem .7rem; cursor: pointer; }
#theme { float: right; margin: .3rem 0 .3rem 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 1rem 0; }
dt { color: var(--muted); }
dd { margin: 0; }
figure { margin: 1.2rem 0 .4rem; }
/* vega-embed makes room for a menu that there is none of. */
.live.live { display: block; padding-right: 0; min-height: 4rem; overflow-x: auto; }
.live svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.still { display: block; max-width: 100%; height: auto; margin: 0 auto; background: #fff; }
figure.is-live .still { display: none; }
.downloads { font-size: .88rem; color: var(--muted); }
.downloads button { margin-left: .35rem; padding: .1rem .55rem; }
details { margin: .8rem 0; }
summary { cursor: pointer; color: var(--spectral); }
.table { overflow-x: auto; max-height: 26rem; border: 1px solid var(--grid); }
table { border-collapse: collapse; font-size: .85rem; width: 100%; overflow-wrap: normal; }
th, td { padding: .25rem .45rem; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--grid); }
thead th { position: sticky; top: 0; background: var(--background); font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; font-size: .82rem; border: 1px solid var(--grid); padding: .75rem; }
footer { padding-bottom: 2.5rem; }
#vg-tooltip-element { font-size: 12px; }
@media (max-width: 36rem) {
  dl { grid-template-columns: 1fr; gap: 0; } dt { margin-top: .5rem; font-size: .85rem; }
  main, header, footer { padding: 0 1rem; } header { padding-top: 1.25rem; }
}
@media print {
  :root, :root[data-theme=dark] { ${variables(lightTheme)} color-scheme: light; }
  nav, button, .downloads, .live, .screen { display: none !important; }
  figure.is-live .still { display: block; }
  section { break-inside: avoid; } .table { max-height: none; overflow: visible; }
}
`;

function variables({ name, ramps, ...colors }: Theme): string {
  return Object.entries(colors)
    .map(([key, color]) => `--${key}: ${color};`)
    .join(' ');
}
