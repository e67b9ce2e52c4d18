/** Loaded by an earlier script of the page: see report/page-scripts.ts. */
declare const vegaEmbed: typeof import('vega-embed').default;
