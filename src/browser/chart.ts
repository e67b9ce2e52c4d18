/** A chart of the live page: a Vega view that is made once per theme, and given rows and numbers as they come. */
import type { Result } from 'vega-embed';
import type { TopLevelSpec } from 'vega-lite';
import { darkTheme, lightTheme, type Theme } from '../figures/theme.js';
import { byId } from './elements.js';
import { themeName } from './page-theme.js';

export interface ChartContent {
  /** By the names of the specification's data; Vega adds to the rows. */
  readonly rows: Readonly<Record<string, readonly object[]>>;
  /** By the names of the specification's parameters. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** For who does not see it. */
  readonly description: string;
}

/** Colours of what is drawn now. */
export function theme(): Theme {
  return themeName() === 'dark' ? darkTheme : lightTheme;
}

export class Chart<Row> {
  #embedded: Result | undefined;
  #theme: Theme | undefined;

  /**
   * @param id of the element that it is drawn in
   * @param tell what the pointer is told of a row
   */
  constructor(
    readonly id: string,
    readonly specification: (theme: Theme) => TopLevelSpec,
    readonly tell: (row: Row) => string,
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
      // The page forbids styles of others, and to make functions of text: Vega walks its expressions instead.
      defaultStyle: false,
      ast: true,
      tooltip: {
        disableDefaultStyle: true,
        formatTooltip: (row, sanitize) => sanitize(this.tell(row)),
      },
    });
    return this.#embedded;
  }
}
