import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodesNeeded } from '../../src/experiments/teacher-student/figures/baselines.js';
import { readArrays } from '../../src/experiments/teacher-student/record/arrays.js';
import { type FinishedRecord, readRecords, sweep } from '../../src/sweep.js';
import { smallProtocol } from '../sweep/small-protocol.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-experiments-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const analyse = (...args: string[]) =>
  spawnSync(process.execPath, ['experiments/analyse.mjs', ...args], { encoding: 'utf8' });
/** Cells of the rows of a table under its title. */
function rowsUnder(title: string, text: string): string[][] {
  const section = text.split(`## ${title}\n`)[1]?.split('\n\n')[0]?.trimEnd() ?? '';
  return section.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('the tables of a run', () => {
  it('are computed from its records, and can be saved with its summary', async () => {
    const directory = join(folder, 'small');
    const { summary } = await sweep(smallProtocol({ student: { width: [4, 6], secondWidth: 2 } }), {
      directory,
    });
    const { status, stdout, stderr } = analyse(directory, '--into', join(folder, 'kept'));
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('8 of 8 trials, 0 failed');
    const [columns, , ...rows] = rowsUnder('Effective size and loss', stdout) as [string[], ...string[][]];
    const column = (name: string) => columns.indexOf(name);
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      const group = summary.groups.find(
        ({ parametrization, width }) => parametrization === row[0] && String(width) === row[column('h')],
      );
      expect(row[column('h_T')]).toBe('2');
      expect(row[column('trials')]).toBe('2');
      expect(Number.parseFloat(row[column('n_λ')] as string)).toBeCloseTo(
        group?.effectiveSize.mean as number,
        1,
      );
      const pooled = Number.parseFloat(row[column('n_λ pooled')] as string);
      expect(pooled).toBeCloseTo(group?.effectiveSizePooled.mean as number, 1);
      const [loss, low, high] = (row[column('test loss')] as string).split(/[^\d.e-]+/).map(Number) as [
        number,
        number,
        number,
      ];
      expect(loss / (group?.testLoss.mean as number)).toBeCloseTo(1, 2);
      expect(low).toBeLessThanOrEqual(loss);
      expect(high).toBeGreaterThanOrEqual(loss);
    }
    expect(await readFile(join(folder, 'kept/small.md'), 'utf8')).toBe(stdout);
    expect(JSON.parse(await readFile(join(folder, 'kept/small.json'), 'utf8'))).toEqual(summary);
  });

  it('cover each layer where all are spectral', async () => {
    const directory = join(folder, 'deep');
    const student = { width: 4, secondWidth: 3, spectralLayers: 'all' };
    await sweep(smallProtocol({ student }), { directory });
    const rows = rowsUnder('Layers', analyse(directory).stdout).slice(2);
    expect(rows.map((row) => row.slice(0, 6).join(' '))).toEqual([
      ...['spectral 2 4 1 4 2', 'spectral 2 4 2 3 2'],
      ...['direct 2 4 1 4 2', 'direct 2 4 2 3 2'],
    ]);
  });

  it('state how fast a sub-network forms, and by which ranking, where a run has other rankings', async () => {
    const directory = join(folder, 'ranked');
    const evaluation = { points: 3, rankings: ['random', 'oracle'] };
    await sweep(smallProtocol({ evaluation, student: { width: 6 } }), { directory });
    const records = (await readRecords(directory)) as FinishedRecord[];
    const { stdout, stderr } = analyse(directory);
    expect(stderr).toBe('');
    const [columns, , ...rows] = rowsUnder('Nodes within 10 % of the unpruned loss, by ranking', stdout);
    expect(columns).toEqual(['arm', 'h_T', 'h', 'relevance', 'random', 'oracle']);
    const needed = async (parametrization: string) => {
      const own = records.filter((record) => record.scalars.parametrization === parametrization);
      const curves = await Promise.all(own.map((record) => readArrays(directory, record)));
      const all = curves.map(({ rankedLosses }) => nodesNeeded(rankedLosses.random as Float64Array));
      return all.reduce((sum, nodes) => sum + nodes, 0) / all.length;
    };
    for (const row of rows) {
      const random = Number.parseFloat(row[4] as string);
      expect(random).toBeCloseTo(await needed(row[0] as string), 1);
    }
    const [, , ...overTime] = rowsUnder('Effective size over training', stdout);
    expect(overTime.map((row) => row.at(-1))).toEqual(
      ['spectral', 'direct'].map((parametrization) => {
        const own = records.filter((record) => record.scalars.parametrization === parametrization);
        return `${own.filter(({ scalars }) => scalars.effectiveSize <= 4).length} of 2`;
      }),
    );
  });

  it('combine several runs on request', async () => {
    const directories = ['small', 'deep'].map((name) => join(folder, name));
    const { status, stdout } = analyse(...directories, '--together', 'both');
    expect(status).toBe(0);
    expect(stdout).toContain('# both\n\nRuns as if they were one: small, deep.\n');
    const [row] = stdout.split('\n').filter((line) => line.startsWith('| spectral'));
    expect(row?.split('|')[2]?.trim()).toBe('3'); // two widths of one, one of the other
  });

  it('have columns for the fields that vary', async () => {
    const directory = join(folder, 'varied');
    const protocol = smallProtocol({ student: { width: 4 }, epochs: [2, 4] });
    await sweep(protocol, { directory });
    const [columns, , ...rows] = rowsUnder('Effective size and loss', analyse(directory).stdout);
    expect(columns?.slice(0, 4)).toEqual(['arm', 'h_T', 'h', 'epochs']);
    expect(rows.map((row) => row[3])).toEqual(['2', '4', '2', '4']);
  });
});

it('analyse.mjs without run directories fails with its usage', () => {
  const { status, stderr } = analyse();
  expect(status).toBe(2);
  expect(stderr).toBe('expected run directories, received none: node experiments/analyse.mjs runs/paper\n');
});
