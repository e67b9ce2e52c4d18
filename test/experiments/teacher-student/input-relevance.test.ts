import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inputRelevanceFigure } from '../../../src/experiments/teacher-student/figures/input-relevance.js';
import { groupTrials } from '../../../src/experiments/teacher-student/panels/trial-groups.js';
import {
  figures,
  figuresFor,
  nameOfFigure,
} from '../../../src/experiments/teacher-student/report/figures.js';
import { readRun } from '../../../src/experiments/teacher-student/report/read-run.js';
import { type Figure, specification } from '../../../src/figures/figure.js';
import { renderSvg } from '../../../src/figures/render.js';
import { lightTheme } from '../../../src/figures/theme.js';
import { sweep } from '../../../src/sweep.js';
import { fileOf } from '../../data/files.js';
import { failureOf } from '../../failure.js';
import { checkProtocol } from '../../sweep/student-trials.js';

const spectralArm = {
  trainable: ['eigenvectors', 'eigenvaluesIn'],
  initialize: { eigenvaluesIn: 1, eigenvaluesOut: 0 },
  l1: { eigenvaluesIn: 0.02 },
  l2: { eigenvectors: 0.001 },
  optimizer: { adam: { learningRate: 0.01 } },
  batchSize: 20,
};
const protocol = (file: string, arms: object) =>
  checkProtocol(
    {
      data: { csv: { file, targets: ['y'] } },
      student: { width: 16, secondWidth: 8 },
      arms,
      epochs: 80,
      trials: 2,
      seed: 1,
    },
    'test',
  );

/** y depends on the inputs 1 and 4 of 6. */
async function table(): Promise<string> {
  const lines = Array.from({ length: 200 }, (_, i) => {
    const x = Array.from({ length: 6 }, (_, j) => Math.sin(1.7 * (i + 1) * (j + 2) ** 2));
    return [...x, (x[1] as number) + Math.abs(x[4] as number)].join(',');
  });
  return fileOf('table.csv', ['a,b,c,d,e,f,y', ...lines].join('\n'));
}

it('the inputs that the task depends on have the largest relevance', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'eigenstudent-inputs-'));
  await sweep(protocol(await table(), { spectral: spectralArm }), { directory });
  const groups = groupTrials((await readRun(directory)).trials);
  expect(figuresFor(groups)).toContain(inputRelevanceFigure);
  // By which a failure of one would be told.
  for (const make of figuresFor(groups)) expect(nameOfFigure(make)).toBe(make(groups).name);
  const figure = inputRelevanceFigure(groups) as Figure;
  const mean = figure.table.rows.map((row) => Number(row.at(-3)));
  expect(mean).toHaveLength(6);
  const [least, most] = [
    Math.min(mean[1] as number, mean[4] as number),
    mean.filter((_, j) => j !== 1 && j !== 4),
  ];
  expect(least).toBeGreaterThan(3 * Math.max(...most));
  const style = { theme: lightTheme, layout: 'wide', inPage: false } as const;
  expect(await renderSvg(specification(figure, style))).toContain('Inputs that carry the task');
}, 60_000);

it('other runs have no such figure', () => {
  expect(figuresFor([])).toBe(figures);
  expect(inputRelevanceFigure([])).toMatchObject({
    name: 'input-relevance',
    reason: expect.stringContaining('initialize'),
  });
});

it('the direct arm refuses other initial eigenvalues', () => {
  const { trainable: _, l1: __, ...direct } = spectralArm;
  expect(failureOf(() => protocol('a.csv', { direct }))).toBe(
    'invalid_protocol: invalid protocol test: arms.direct.initialize: expected none: this arm keeps eigenvaluesIn at 0 and ' +
      'eigenvaluesOut at 1',
  );
});
