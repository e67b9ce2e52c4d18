/** A script of the page before these: see report/page-scripts.ts. */
declare const vegaEmbed: typeof import('vega-embed').default;
