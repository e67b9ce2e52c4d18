import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EigenstudentError } from '../errors.js';
import { writeAtomically } from '../network/atomic-write.js';
import { type Figure, isDrawn, type LeftOut, specification } from './figure.js';
import { effectiveSizeFigure } from './figures/effective-size.js';
import { lossFigure } from './figures/loss.js';
import { pathsFigure } from './figures/paths.js';
import { pruningFigure } from './figures/pruning.js';
import { relevanceHistogramFigure } from './figures/relevance-histogram.js';
import { topologyFigure } from './figures/topology.js';
import { universalityFigure } from './figures/universality.js';
import { type DrawnFigure, reportHtml } from './html.js';
import { readRun } from './read-run.js';
import { renderPng, renderSvg } from './render.js';
import { lightTheme } from './theme.js';
import { groupTrials, type TrialGroup } from './trial-groups.js';

/** Every figure of a report, in its order. */
export const figures: readonly ((groups: readonly TrialGroup[]) => Figure | LeftOut)[] = [
  relevanceHistogramFigure,
  effectiveSizeFigure,
  lossFigure,
  pruningFigure,
  universalityFigure,
  pathsFigure,
  topologyFigure,
];

/**
 * Writes figures/*.svg, figures/*.png and report.html into a run directory, from its records alone: nothing is trained.
 * Each file is replaced as a whole. Returns the paths, report.html last.
 * @throws file_unreadable when there is no finished trial, file_unwritable
 */
export async function writeReport(directory: string): Promise<string[]> {
  const run = await readRun(directory);
  const groups = groupTrials(run.trials);
  const folder = join(directory, 'figures');
  await makeFolder(folder);
  const drawn: (DrawnFigure | LeftOut)[] = [];
  const paths: string[] = [];
  for (const figureOf of figures) {
    const figure = figureOf(groups);
    if (!isDrawn(figure)) {
      drawn.push(figure);
      continue;
    }
    const svg = await renderSvg(specification(figure, { theme: lightTheme, layout: 'wide', inPage: false }));
    const png = renderPng(svg);
    drawn.push({ figure, svg, png });
    paths.push(await write(join(folder, `${figure.name}.svg`), svg));
    paths.push(await write(join(folder, `${figure.name}.png`), png));
  }
  paths.push(await write(join(directory, 'report.html'), await reportHtml(run, drawn)));
  return paths;
}

async function write(path: string, data: string | Buffer): Promise<string> {
  await writeAtomically(path, data);
  return path;
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EigenstudentError('file_unwritable', `cannot make the directory ${path}: ${reason}`, { cause });
  }
}
