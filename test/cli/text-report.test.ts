import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { summaryFile } from '../../src/runs/summary.js';
import { syntheticRun } from '../report/synthetic-run.js';
import { call } from './captured-terminal.js';

let directory: string;
beforeAll(async () => {
  directory = await syntheticRun({ fails: ({ student, trial }) => student.width === 60 && trial === 1 });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('report --text', () => {
  it('prints facts and a table without an escape sequence into a pipe, and writes nothing', async () => {
    const { exitCode, stdout, stderr } = await call('report', directory, '--text');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Trials: 16 of 18 finished, 2 failed\n');
    expect(stdout).toMatch(/│ +20 │ +200 │ spectral/);
    // Both arms of a synthetic trial take as long.
    expect(stdout).toContain(
      'At width 200 spectral training takes 1 ± 0 times as long as direct training, per pattern.\n',
    );
    expect(stdout).toMatch(
      /\nTrials without a result:\nspectral, h_T = 20, width 60, trial 1 \(\w{16}\): failed, its loss was not finite at step 412,/,
    );
    expect(stdout).not.toContain('\u001b');
    for (const name of ['report.html', 'figures', summaryFile])
      await expect(stat(join(directory, name))).rejects.toThrow('ENOENT');
  });

  it('has the same numbers as JSON', async () => {
    const { stdout } = await call('report', directory, '--text', '--json');
    const { facts, table, troubles } = JSON.parse(stdout);
    expect(facts.Trials).toBe('16 of 18 finished, 2 failed');
    expect(table.columns).toContain('n_λ');
    expect(table.rows).toHaveLength(6);
    expect(troubles).toHaveLength(2);
  });

  it('reports that there is no finished trial', async () => {
    const empty = await syntheticRun({ has: () => false });
    const { exitCode, stderr } = await call('report', empty, '--text');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('expected at least one finished trial of 18');
    await rm(empty, { recursive: true });
  });
});
