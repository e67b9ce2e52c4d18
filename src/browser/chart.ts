/** A chart of the live page: a Vega view that is made once per theme and updated with rows and parameters. */
import type { Result } from 'vega-embed';
import type { TopLevelSpec } from 'vega-lite';
import { darkTheme, lightTheme, type Theme } from '../figures/theme.js';
import { byId } from './elements.js';
import { themeName } from './page-theme.js';

export interface ChartContent {
  /** Keyed by the names of the specification's data; Vega modifies the rows. */
  readonly rows: Readonly<Record<string, readonly object[]>>;
  /** Keyed by the names of the specification's parameters. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** For screen readers. */
  readonly description: string;
}

/** The current colours. */
export function theme(): Theme {
  return themeName() === 'dark' ? darkTheme : lightTheme;
}

export class Chart<Row> {
  #embedded: Result | undefined;
  #theme: Theme | undefined;

  /**
   * @param id of the element that contains it
   * @param tooltipText returns the text of the tooltip for a row
   */
  constructor(
    readonly id: string,
    readonly specification: (theme: Theme) => TopLevelSpec,
    readonly tooltipText: (row: Row) => string,
  ) {}

  async show({ rows, parameters, description }: ChartContent): Promise<void> {
    const { view } = await this.#viewIn(theme());
    for (const [name, values] of Object.entries(rows)) view.data(name, [...values]);
    for (const [name, value] of Object.entries(parameters)) view.signal(name, value);
    await view.description(description).runAsync();
  }

  async #viewIn(wanted: Theme): Promise<Result> {
    if (this.#embedded && this.#theme === wanted) return this.#embedded;
    this.#embedded?.finalize();
    this.#theme = wanted;
    this.#embedded = await vegaEmbed(byId(this.id), this.specification(wanted), {
      mode: 'vega-lite',
      // A thousand curves are one element.
      renderer: 'canvas',
      actions: false,
      // The policy of the page forbids inline styles of libraries, and to compile functions from text: Vega interprets
      // its expressions instead.
      defaultStyle: false,
      ast: true,
      tooltip: {
        disableDefaultStyle: true,
        formatTooltip: (row, sanitize) => sanitize(this.tooltipText(row)),
      },
    });
    return this.#embedded;
  }
}
