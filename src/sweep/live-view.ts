/** What the page of `watch` draws of an experiment, as data: the page builds its charts from it. */

/** Colours that the theme has a ramp of. */
export type ArmColor = 'spectral' | 'direct';

export interface LiveView {
  /** Heading of the page. */
  readonly title: string;
  /** Trials that are drawn in panels of their own, side by side; none: all in one panel. */
  readonly arms: readonly { readonly name: string; readonly color: ArmColor }[];
  /** The value of a trial's place that is its arm. */
  readonly armField?: string;
  /** The number of a trial's place that the lightness of its line stands for. */
  readonly shade?: { readonly field: string; readonly symbol: string };
  /** What `epoch` counts, on axes. Default: "epoch". */
  readonly epochName?: string;
  /** Names of float64 tensors in arrays and checkpoints, by the names of quantities; all as long as `epoch`. */
  readonly history: { readonly epoch: string } & Readonly<Record<string, string>>;
  readonly curves: readonly LiveCurves[];
  /** A chart of groups of trials. */
  readonly groupChart?: LiveGroupChart;
  /** Columns of the table of groups: scalars, or while a trial runs the last entry of the history of that name. */
  readonly values: readonly {
    readonly name: string;
    readonly heading: string;
    readonly withSpread?: boolean;
  }[];
}

/** Histories against epochs, one line per trial. */
export interface LiveCurves {
  /** Of its element in the page. */
  readonly name: string;
  readonly title: string;
  readonly note: string;
  /** Of the vertical axis. */
  readonly axis: string;
  /** Default: "log", which has no place for values of 0 and below. */
  readonly scale?: 'log' | 'linear';
  /** The first is drawn; each other in its place once its box, labelled `choice`, is checked. */
  readonly quantities: readonly {
    readonly name: string;
    readonly label: string;
    readonly choice?: string;
  }[];
  /** Whether values a thousand times the median are drawn at the edge. */
  readonly isCapped?: boolean;
  /** The number of a trial's place that is drawn as a dashed line. */
  readonly reference?: string;
}

/** A value of groups against a number of their place, on a logarithmic axis. */
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
