import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { groupTrials } from '../../src/experiments/teacher-student/panels/trial-groups.js';
import { figures } from '../../src/experiments/teacher-student/report/figures.js';
import { readRun } from '../../src/experiments/teacher-student/report/read-run.js';
import { runFacts, summaryTable } from '../../src/experiments/teacher-student/report/run-facts.js';
import { isDrawn, specification } from '../../src/figures/figure.js';
import { lightTheme } from '../../src/figures/theme.js';
import { writeReport } from '../../src/report/write-report.js';
import { sweep } from '../../src/sweep.js';
import { fileProtocol, smallImages } from '../sweep/files/file-protocol.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-report-'));
  const idx = await smallImages();
  await sweep(
    fileProtocol(
      { idx },
      { student: { width: [8, 12], secondWidth: 6 }, evaluation: { points: 3, rankings: ['random'] } },
    ),
    { directory },
  );
});

it('figures without a teacher omit its line, and are omitted with a reason where they are about it', async () => {
  const groups = groupTrials((await readRun(directory)).trials);
  const made = figures.map((figure) => figure(groups));
  const left = made.filter((figure) => !isDrawn(figure)).map(({ name }) => name);
  expect(left.filter((name) => ['universality', 'paths', 'topology'].includes(name))).toEqual([
    'universality',
    'paths',
    'topology',
  ]);
  const style = { theme: lightTheme, layout: 'wide', inPage: true } as const;
  for (const figure of made.filter(isDrawn)) {
    const text = JSON.stringify([specification(figure, style), figure.caption, figure.notes]);
    expect([figure.name, text.includes('h_T')]).toEqual([figure.name, false]);
    expect([figure.name, /MSE|NaN|undefined/.test(text)]).toEqual([figure.name, false]);
  }
});

it('the page describes files and classes', async () => {
  const run = await readRun(directory);
  const facts = Object.fromEntries(runFacts(run));
  expect(facts.Teacher).toBe('none: what is to be learned is in the files');
  expect(facts.Data).toMatch(
    /^90 samples of idx files \(.*images\.gz, .*labels\); validation 0\.1; other parts for every trial, /,
  );
  expect(facts.Students).toMatch(/^4 → h = 8, 12 \(relu\) → 6 → 3, 2 of each/);
  expect(summaryTable(run).rows.map(([size]) => size)).toEqual(['none', 'none', 'none', 'none']);
  const page = (await writeReport(directory)).find((file) => file.endsWith('report.html')) as string;
  expect(await readFile(page, 'utf8')).toContain('learned from data in files; the figures ask');
});
