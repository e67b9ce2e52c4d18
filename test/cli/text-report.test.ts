import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/program.js';
import { summaryFile } from '../../src/runs/summary.js';
import { syntheticRun } from '../report/synthetic-run.js';
import { call } from './captured-terminal.js';

let directory: string;
beforeAll(async () => {
  directory = await syntheticRun({ fails: ({ student, trial }) => student.width === 60 && trial === 1 });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('report --text', () => {
  it('prints facts, a table and plots without an escape sequence into a pipe, and writes nothing', async () => {
    const { exitCode, stdout, stderr } = await call('report', directory, '--text');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Trials: 16 of 18 finished, 2 failed\n');
    expect(stdout).toMatch(/│ +20 │ +200 │ spectral/);
    expect(stdout).toContain('Effective size n_λ   ● spectral  ○ direct  ◉ both  ┄ h_T = 20\n');
    expect(stdout).toContain('Error caused by pruning, h = 200');
    expect(stdout).toContain('Validation loss, h = 200   ● spectral  ○ direct  ◉ both\n');
    // Both arms of a synthetic trial take as long.
    expect(stdout).toContain(
      'At width 200 spectral training takes 1 ± 0 times as long as direct training, pattern by pattern.\n',
    );
    expect(stdout).toMatch(
      /\nTrials without a result:\nspectral, h_T = 20, width 60, trial 1 \(\w{16}\): failed, its loss was not finite at step 412,/,
    );
    expect(stdout).not.toContain('\u001b');
    for (const name of ['report.html', 'figures', summaryFile])
      await expect(stat(join(directory, name))).rejects.toThrow('ENOENT');
  });

  it.each([
    [true, true],
    [false, false], // NO_COLOR, or a terminal without colours: Node tells
  ])('on a terminal that has colours: %s', async (hasColors, escapes) => {
    const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 60, hasColors: () => hasColors });
    await run(['report', directory, '--text'], { stdout, stderr: new PassThrough() });
    const text = String(stdout.read());
    expect(text.includes('\u001b[34m●\u001b[39m')).toBe(escapes);
    const plots = text.slice(text.indexOf('Effective size n_λ')).split('\n\n').slice(0, 3).join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is taken away is one
    for (const line of plots.replace(/\u001b\[\d+m/g, '').split('\n'))
      expect(line.length).toBeLessThanOrEqual(60);
  });

  it('gives the same numbers as JSON', async () => {
    const { stdout } = await call('report', directory, '--text', '--json');
    const { facts, table, troubles } = JSON.parse(stdout);
    expect(facts.Trials).toBe('16 of 18 finished, 2 failed');
    expect(table.columns).toContain('n_λ');
    expect(table.rows).toHaveLength(6);
    expect(troubles).toHaveLength(2);
  });

  it('says so when there is nothing to tell yet', async () => {
    const empty = await syntheticRun({ has: () => false });
    const { exitCode, stderr } = await call('report', empty, '--text');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('expected at least one finished trial of 18');
    await rm(empty, { recursive: true });
  });
});
