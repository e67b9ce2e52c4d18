import { fileURLToPath } from 'node:url';
import { groupTrials, type TrialGroup } from '../../src/experiments/teacher-student/panels/trial-groups.js';
import { figures } from '../../src/experiments/teacher-student/report/figures.js';
import { readRun } from '../../src/experiments/teacher-student/report/read-run.js';
import { type Figure, isDrawn } from '../../src/figures/figure.js';

export const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

export interface Gallery {
  readonly groups: readonly TrialGroup[];
  /** Throws for a figure that is not drawn. */
  figure(name: string): Figure;
  readonly names: readonly string[];
}

/** The figures of a real, small run: what `npm run gallery` draws. */
export async function galleryRun(): Promise<Gallery> {
  const groups = groupTrials((await readRun(`${fixtures}gallery`)).trials);
  const drawn = new Map(
    figures
      .map((make) => make(groups))
      .filter(isDrawn)
      .map((figure) => [figure.name, figure]),
  );
  return {
    groups,
    names: [...drawn.keys()],
    figure: (name) => {
      const found = drawn.get(name);
      if (!found) throw new Error(`${name} is not drawn`);
      return found;
    },
  };
}
