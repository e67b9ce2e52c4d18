/** Content of the report of a run, as an experiment provides it; src/report draws the figures and writes the page. */
import type { Figure, LeftOut, Table } from '../figures/figure.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import type { FinishedRecord } from '../runs/record.js';
import type { Fact } from './report-facts.js';

/** A figure that is computed only when it is drawn. */
export interface FigureMaker {
  /** File name without its extension. */
  readonly name: string;
  /** The figure, or the reason why there is none. */
  make(): Figure | LeftOut;
}

/** In all texts `X_y` and `X_{word}` are subscripts. */
export interface ReportContent {
  readonly title: string;
  /** One sentence: what was run, and which question the figures answer. */
  readonly lead: string;
  readonly facts: readonly Fact[];
  /** The main results. */
  readonly table: Table;
  readonly tableNote: string;
  /** Notes below the table where the report is printed as text. */
  readonly textNotes: readonly string[];
  /** Trials without a result, one sentence each. */
  readonly troubles: readonly string[];
  readonly protocol: ProtocolDocument;
  readonly figures: readonly FigureMaker[];
  /** The publication that the experiment follows. */
  readonly after?: { readonly authors: string; readonly title: string; readonly source: string };
}

/** Content of the default report, which suits any experiment. */
export interface PlainReport {
  readonly content: ReportContent;
  /** At least one. */
  readonly finished: readonly FinishedRecord[];
}
