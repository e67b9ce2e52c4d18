import type { Config } from 'vega-lite';

/**
 * Colours of all figures. Blue, vermilion and bluish green are of Okabe and Ito's set ("Color Universal Design", 2008),
 * which is distinguishable with every common colour blindness; the dark theme lightens the same hues. A colour has the
 * same meaning in every figure.
 */
export interface Theme {
  readonly name: 'light' | 'dark';
  readonly spectral: string;
  readonly direct: string;
  /** The line h_T. */
  readonly teacher: string;
  readonly ink: string;
  /** Colour of labels and of guide lines. */
  readonly muted: string;
  readonly grid: string;
  readonly background: string;
  /** From light to dark, where one panel shows several kinds of one arm. */
  readonly ramps: Readonly<Record<'spectral' | 'direct', readonly [string, string, string]>>;
}

export const lightTheme: Theme = {
  name: 'light',
  spectral: '#0072b2',
  direct: '#d55e00',
  teacher: '#00835f',
  ink: '#1a1a1a',
  muted: '#5f6368',
  grid: '#e7e9ec',
  background: '#ffffff',
  ramps: { spectral: ['#86bfe2', '#0072b2', '#003a5c'], direct: ['#f5b183', '#d55e00', '#702d00'] },
};

export const darkTheme: Theme = {
  name: 'dark',
  spectral: '#56b4e9',
  direct: '#ff8f3f',
  teacher: '#2fc796',
  ink: '#e8eaed',
  muted: '#a3a9b1',
  grid: '#30343a',
  background: '#16181c',
  ramps: { spectral: ['#2f6f9a', '#56b4e9', '#b4e1ff'], direct: ['#a4521a', '#ff8f3f', '#ffd0a8'] },
};

/** The PNGs are set in DejaVu Sans, with which the layout was measured; the rest is for pages and editors. */
export const fontStack = 'DejaVu Sans, Verdana, Helvetica, Arial, sans-serif';

/** Vega-Lite configuration: appearance only, nothing that depends on data. */
export function chartConfig({ theme, inPage }: { theme: Theme; inPage: boolean }): Config {
  const text = { labelColor: theme.muted, titleColor: theme.ink, labelFontSize: 11, titleFontSize: 12 };
  return {
    font: fontStack,
    // In a page, screen readers read the description of every mark; in a file it would be half of the bytes.
    aria: inPage,
    // A page has its own background.
    background: inPage ? 'transparent' : theme.background,
    padding: inPage ? { left: 0, top: 2, right: 0, bottom: 5 } : 8,
    view: { stroke: null },
    axis: {
      ...text,
      titleFontWeight: 'normal',
      titlePadding: 8,
      domainColor: theme.muted,
      tickColor: theme.muted,
      tickSize: 4,
      gridColor: theme.grid,
      labelPadding: 4,
    },
    legend: {
      ...text,
      labelColor: theme.ink,
      titleFontWeight: 'normal',
      labelFontSize: 12,
      symbolSize: 90,
      symbolStrokeWidth: 2,
    },
    title: {
      anchor: 'start',
      frame: 'group',
      color: theme.ink,
      subtitleColor: theme.muted,
      fontSize: 12,
      fontWeight: 'bold',
      subtitleFontSize: 11,
      subtitlePadding: 4,
      offset: 8,
    },
    text: { color: theme.ink, fontSize: 11 },
    concat: { spacing: 24 },
  };
}

/** `count` colours along a ramp of three; the middle one when count is 1. */
export function rampColors(ramp: readonly [string, string, string], count: number): string[] {
  if (count === 1) return [ramp[1]];
  return Array.from({ length: count }, (_, i) => {
    const position = (2 * i) / (count - 1);
    return position <= 1 ? mix(ramp[0], ramp[1], position) : mix(ramp[1], ramp[2], position - 1);
  });
}

/** Linear in sRGB between two #rrggbb colours. */
function mix(from: string, to: string, share: number): string {
  const channel = (start: number) => {
    const [a, b] = [from, to].map((color) => Number.parseInt(color.slice(start, start + 2), 16)) as [
      number,
      number,
    ];
    return Math.round(a + (b - a) * share)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}
