import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { invalid, oneOf } from '../arguments.js';
import { EigenstudentError, reasonOf } from '../errors.js';
import {
  type FailedFigure,
  type Figure,
  failedText,
  isDrawn,
  type LeftOut,
  specification,
} from '../figures/figure.js';
import { renderPng, renderSvg } from '../figures/render.js';
import { lightTheme } from '../figures/theme.js';
import { writeAtomically } from '../files/atomic-write.js';
import { bareOptionsCheck, type OptionsOf, optional, unchecked } from '../options.js';
import type { FigureMaker } from '../sweep/report-content.js';
import { reportContent } from './content.js';
import { type DrawnFigure, reportHtml, type Section } from './html.js';
import { tableCsv } from './table.js';

/** html: report.html; the others: a file per figure in figures/, csv for its table. */
export const reportFormats = ['html', 'svg', 'png', 'csv'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** @internal */
const checkOptions = bareOptionsCheck({
  /** Default: html, svg and png. */
  formats: optional(checkFormats, ['html', 'svg', 'png']),
  /** Aborting ends the drawing after the current figure with an error of code 'interrupted'. */
  signal: optional(unchecked<AbortSignal>),
  /**
   * Called with each figure that could not be drawn; without it, the first error is thrown after everything else is
   * written.
   */
  onFailedFigure: optional(unchecked<(failed: FailedFigure) => void>),
});
export interface ReportOptions extends OptionsOf<typeof checkOptions> {}

/**
 * Writes figures/*.svg, figures/*.png, figures/*.csv and report.html into a run directory, or the requested ones, from
 * its records alone: nothing is trained. Each file is replaced atomically. Returns the paths, report.html last. A
 * figure that cannot be drawn is named in the page with the reason; the others are drawn.
 * @throws invalid_argument, file_unreadable when there is no finished trial, file_unwritable, interrupted; internal
 *   after everything else is written, when a figure could not be drawn and there is no `onFailedFigure`
 */
export async function writeReport(directory: string, options: ReportOptions = {}): Promise<string[]> {
  const wanted = new Set(checkOptions('writeReport', options).formats);
  const content = await reportContent(directory);
  const sections: Section[] = [];
  const paths: string[] = [];
  for (const maker of content.figures) {
    await turn(); // A figure is drawn synchronously: signals are handled only between figures.
    if (options.signal?.aborted) throw interrupted(directory, options.signal);
    const made = await attempt(maker, wanted);
    sections.push(made);
    if (!('files' in made)) continue;
    for (const [format, data] of made.files)
      paths.push(await write(join(directory, 'figures'), `${made.figure.name}.${format}`, data));
  }
  if (wanted.has('html'))
    paths.push(await write(directory, 'report.html', await reportHtml(content, sections)));
  reportFailures(
    sections.filter((section): section is FailedFigure => 'failure' in section),
    options,
  );
  return paths;
}

/** The figure with its files, or the reason why there are none. */
async function attempt(
  maker: FigureMaker,
  wanted: ReadonlySet<ReportFormat>,
): Promise<(DrawnFigure & { files: [ReportFormat, string | Buffer][] }) | LeftOut | FailedFigure> {
  const { name } = maker;
  let title = name;
  try {
    const figure = maker.make();
    ({ title } = figure);
    return isDrawn(figure) ? { figure, ...(await drawn(figure, wanted)) } : figure;
  } catch (failure) {
    return { name, title, failure };
  }
}

function reportFailures(failed: readonly FailedFigure[], { onFailedFigure }: ReportOptions): void {
  if (onFailedFigure) {
    for (const each of failed) onFailedFigure(each);
    return;
  }
  const [first] = failed;
  if (first) throw new EigenstudentError('internal', failedText(first), { cause: first.failure });
}

function interrupted(directory: string, { reason }: AbortSignal): EigenstudentError {
  const text = `interrupted while the report was drawn: every trial is kept in ${directory}. The same call goes on from there`;
  return new EigenstudentError('interrupted', text, { cause: reason });
}

function checkFormats(where: string, formats: unknown): readonly ReportFormat[] {
  if (!Array.isArray(formats) || formats.length === 0)
    throw invalid(where, `at least one of ${reportFormats.join(', ')}`, formats);
  return formats.map((format) => oneOf(where, format, reportFormats));
}

/** Drawn only where a format needs the picture: drawing takes most of the time. */
async function drawn(figure: Figure, wanted: ReadonlySet<ReportFormat>) {
  const seen = wanted.has('html') || wanted.has('svg') || wanted.has('png');
  const style = { theme: lightTheme, layout: 'wide', inPage: false } as const;
  const svg = seen ? await renderSvg(specification(figure, style)) : '';
  const files: [ReportFormat, string | Buffer][] = [];
  if (wanted.has('svg')) files.push(['svg', svg]);
  if (wanted.has('png')) files.push(['png', renderPng(svg)]);
  if (wanted.has('csv')) files.push(['csv', tableCsv(figure.table)]);
  return { svg, files };
}

async function write(folder: string, name: string, data: string | Buffer): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new EigenstudentError('file_unwritable', `cannot make the directory ${folder}: ${reason}`, {
      cause,
    });
  }
  const path = join(folder, name);
  await writeAtomically(path, data);
  return path;
}
