/** A figure that throws ends neither the report nor its page. */

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type * as everyFigure from '../../src/experiments/teacher-student/report/figures.js';
import { writeReport } from '../../src/report/write-report.js';
import { preset } from '../../src/sweep.js';
import { call } from '../cli/captured-terminal.js';
import { rejectionOf } from '../failure.js';
import { syntheticRun } from './synthetic-run.js';

vi.mock('../../src/experiments/teacher-student/report/figures.js', async (original) => {
  const { figures, nameOfFigure } = await original<typeof everyFigure>();
  const broken = () => {
    throw new TypeError('x is <undefined>');
  };
  const undrawable: (typeof figures)[number] = (groups) => {
    const made = figures.find((make) => nameOfFigure(make) === 'cost')?.(groups);
    return { ...made, draw: () => ({ mark: 'nothing' }) } as never;
  };
  const names = new Map<unknown, string>([
    [broken, 'loss'],
    [undrawable, 'cost'],
  ]);
  const replaced = figures.map(
    (make) => [...names].find(([, name]) => name === nameOfFigure(make))?.[0] ?? make,
  );
  return {
    figuresFor: () => replaced,
    nameOfFigure: (make: (typeof figures)[number]) => names.get(make) ?? nameOfFigure(make),
  };
});

const message =
  'the figure loss could not be drawn: x is <undefined>. The others are; please report this with the run directory';
let directory: string;
beforeAll(async () => {
  directory = await syntheticRun({ protocol: preset('quick', { widths: [20], trials: 2 }) });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it('report exits with 1, names the figure that failed with the reason, and writes the others', async () => {
  const { exitCode, stdout, stderr } = await call('report', directory, '--format', 'html,svg');
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`error: ${message}\n`);
  expect(stderr).toContain('error: the figure cost could not be drawn: ');
  const files = stdout.trim().split('\n');
  expect(files.filter((file) => /loss\.svg|cost\.svg/.test(file))).toEqual([]);
  for (const name of ['figures/pruning.svg', 'figures/loss-curves.svg', 'report.html'])
    expect(files).toContain(join(directory, name));
  const page = await readFile(join(directory, 'report.html'), 'utf8');
  const section = (name: string) =>
    new RegExp(`<section id="${name}">([\\s\\S]*?)</section>`).exec(page)?.[1];
  expect(section('loss')).toBe(
    '\n<h2>loss</h2>\n<p class="warning">Not drawn: this figure failed. x is &#60;undefined&#62;. The other figures do not depend on ' +
      'it.</p>\n',
  );
  expect(section('cost')).toMatch(
    /^\n<h2>Cost of training<\/h2>\n<p class="warning">Not drawn: this figure failed\. /,
  );
  expect(section('pruning')).toContain('<img class="still"');
});

it('report --json names the failed figure beside the files', async () => {
  const { exitCode, stdout } = await call('report', directory, '--format', 'csv', '--json');
  expect(exitCode).toBe(1);
  const { files, failedFigures } = JSON.parse(stdout);
  // A table needs no drawing.
  expect(files).toContain(join(directory, 'figures/cost.csv'));
  expect(failedFigures).toEqual([{ name: 'loss', message }]);
});

it('a sweep prints its results when a figure fails, and exits with 1', async () => {
  const { exitCode, stdout, stderr } = await call('sweep', directory);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('trials finished: 0 trained now');
  expect(stdout).toContain(join(directory, 'report.html'));
  expect(stderr).toContain(`error: ${message}\n`);
});

it('writeReport throws the error of a figure after everything else is written, where there is no onFailedFigure', async () => {
  await rm(join(directory, 'report.html'), { force: true });
  expect(await rejectionOf(writeReport(directory))).toBe(`internal: ${message}`);
  expect(await readFile(join(directory, 'report.html'), 'utf8')).toContain('this figure failed');
});
