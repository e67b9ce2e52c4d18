/** Describes, as data, the charts of an experiment on the page of `watch`. */

/** Colours for which the theme has a ramp. */
export type ArmColor = 'spectral' | 'direct';

export interface LiveView {
  /** Heading of the page. */
  readonly title: string;
  /** Arms that each have a panel, side by side; empty: one panel for all trials. */
  readonly arms: readonly { readonly name: string; readonly color: ArmColor }[];
  /** Field of a trial's place that holds the name of its arm. */
  readonly armField?: string;
  /** Numeric field of a trial's place that the lightness of its line encodes. */
  readonly shade?: { readonly field: string; readonly symbol: string };
  /** Name of the unit of `epoch`, on axes. Default: "epoch". */
  readonly epochName?: string;
  /** Names of float64 tensors in arrays and checkpoints, by the names of quantities; all are as long as `epoch`. */
  readonly history: { readonly epoch: string } & Readonly<Record<string, string>>;
  readonly curves: readonly LiveCurves[];
  /** A chart of groups of trials. */
  readonly groupChart?: LiveGroupChart;
  /** Columns of the table of groups: scalars, or for a running trial the last entry of the history of that name. */
  readonly values: readonly {
    readonly name: string;
    readonly heading: string;
    readonly withSpread?: boolean;
  }[];
}

/** Histories against epochs, one line per trial. */
export interface LiveCurves {
  /** Name of the page's element for these curves. */
  readonly name: string;
  readonly title: string;
  readonly note: string;
  /** Title of the vertical axis. */
  readonly axis: string;
  /** Default: "log", on which values of 0 and below are not drawn. */
  readonly scale?: 'log' | 'linear';
  /** The first is drawn; each other replaces it when its checkbox, labelled `choice`, is checked. */
  readonly quantities: readonly {
    readonly name: string;
    readonly label: string;
    readonly choice?: string;
  }[];
  /** Whether values above a thousand times the median are drawn at the edge. */
  readonly isCapped?: boolean;
  /** Numeric field of a trial's place that is drawn as a dashed line. */
  readonly reference?: string;
}

/** A value of groups against a numeric field of their place, on a logarithmic axis. */
export interface LiveGroupChart extends Omit<LiveCurves, 'quantities' | 'isCapped'> {
  readonly value: string;
  /** "n_λ" */
  readonly symbol: string;
  readonly against: string;
  readonly againstSymbol: string;
  readonly againstAxis: string;
  /** "kinds of students" */
  readonly of: string;
}
