import { darkTheme, lightTheme, type Theme } from '../figures/theme.js';

/** Stylesheet of the live page, after that of the report. */
export const liveStyle = `
:root { ${variables(lightTheme)} }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { ${variables(darkTheme)} } }
:root[data-theme=dark] { ${variables(darkTheme)} }
[hidden] { display: none !important; }
main, header, footer { max-width: 72rem; }
section { margin: 2rem 0; } main > section:first-child { margin-top: 1rem; }
code { font-size: .95em; }
#connection::before { content: ''; display: inline-block; width: .6em; height: .6em; margin-right: .5em; border-radius: 50%;
  border: 2px solid var(--muted); }
#connection.live::before { background: var(--teacher); border-color: var(--teacher); }
#connection.lost::before { border-color: var(--failed); }
.bar { display: flex; height: 1.1rem; border-radius: .3rem; overflow: hidden; background: var(--grid); }
td .bar { height: .7rem; min-width: 7rem; }
.bar > i { display: block; min-width: 0; }
.finished { background: var(--ink); }
.failed { background: var(--failed); }
.training { background: repeating-linear-gradient(135deg, var(--muted) 0 4px, var(--stripe) 4px 7px); }
.paused { background: var(--stripe); }
.waiting { background: var(--grid); }
.tally { list-style: none; padding: 0; margin: .75rem 0; display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; }
.tally b { font-variant-numeric: tabular-nums; }
.swatch { display: inline-block; width: .8rem; height: .8rem; margin-right: .45rem; border-radius: .15rem; vertical-align: -.05rem;
  outline: 1px solid var(--muted); outline-offset: -1px; }
#facts { margin: .75rem 0; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
.chart { flex: 1 1 20rem; min-width: 0; max-width: 100%; }
.chart.alone { flex-basis: 30rem; max-width: 46rem; }
.chart h3 { font-size: .95rem; margin: 0 0 .2rem; display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; }
.chart .vega-embed { display: block; width: 100%; }
.key { font-weight: normal; font-size: .85rem; color: var(--muted); display: inline-flex; align-items: center; gap: .4rem; }
.ramp { display: inline-block; width: 4.5rem; height: .6rem; border-radius: .15rem; }
.dot { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; }
.ramp.spectral { background: linear-gradient(90deg, var(--spectral-narrow), var(--spectral), var(--spectral-wide)); }
.ramp.direct { background: linear-gradient(90deg, var(--direct-narrow), var(--direct), var(--direct-wide)); }
.dot.spectral { background: var(--spectral); } .dot.direct { background: var(--direct); }
#vg-tooltip-element { position: fixed; z-index: 1; visibility: hidden; pointer-events: none; white-space: pre; background: var(--background);
  border: 1px solid var(--muted); border-radius: .3rem; padding: .3rem .5rem; line-height: 1.35; }
#vg-tooltip-element.visible { visibility: visible; }
.choice { margin-left: .75rem; white-space: nowrap; }
#failure-list li { margin: .3rem 0; }
@media (max-width: 36rem) { .tally { gap: .2rem 1.1rem; } th, td { padding: .25rem .4rem; } td .bar { min-width: 4.5rem; } }
`;

/**
 * Failures have the reddish purple of Okabe and Ito's set, which no figure uses. The ends of the ramps are those of the
 * report.
 */
function variables({ name, ramps }: Theme): string {
  const [failed, stripe] = name === 'light' ? ['#b0568a', '#b9bec5'] : ['#e08fbf', '#5b626b'];
  const ends = Object.entries(ramps).map(
    ([arm, [narrow, , wide]]) => `--${arm}-narrow: ${narrow}; --${arm}-wide: ${wide};`,
  );
  return `--failed: ${failed}; --stripe: ${stripe}; ${ends.join(' ')}`;
}
