import { describe, expect, it } from 'vitest';
import { stepTimePlot, stepTimes } from '../../bench/plot.js';
import { type Row, rowOf } from '../../bench/row.js';
import { rowTables, targetTable } from '../../bench/table.js';
import { measured, type Target, targets, verdict } from '../../bench/targets.js';
import { trials } from '../../bench/trials/all.js';
import type { Measurement, Trial } from '../../bench/trials/kind.js';

const measurement: Measurement = {
  engine: 'cpu-avx2',
  microseconds: 100,
  spreadPercent: 1,
  samples: 50,
  peers: {
    torch: { blas: 'openblas', microseconds: 400, ratio: 4 },
    dense: { microseconds: 98, ratio: 0.98 },
  },
  details: { bytes: 2 ** 20 },
  missing: { 'c++': 'cmake was not found' },
};

function trial(name: string, more: Partial<Trial> = {}): Trial {
  const measure = async () => measurement;
  return { name, threads: 1, quick: true, unit: 'step', programs: [], measure, ...more };
}

function stepRow(width: number, microseconds: number): Row {
  const step = trial(`step/paper/spectral/h${width}`, { operations: 4e6 });
  return rowOf(step, { ...measurement, microseconds }, 100);
}

describe('rowOf', () => {
  it('adds rates of the useful arithmetic, and of the peak of all its threads', () => {
    const row = rowOf(trial('step', { operations: 8e6, threads: 2 }), measurement, 100);
    expect(row).toMatchObject({
      name: 'step',
      threads: 2,
      microseconds: 100,
      gflops: 80,
      fractionOfPeak: 0.4,
    });
    expect(row.peers.torch).toMatchObject({ microseconds: 400, ratio: 4, gflops: 20 });
  });

  it('leaves out what was not measured', () => {
    const bare = rowOf(trial('call'), { ...measurement, details: {}, missing: {} }, 100);
    for (const field of ['gflops', 'details', 'missing']) expect(bare).not.toHaveProperty(field);
    expect(rowOf(trial('call'), measurement, 100).peers.torch).not.toHaveProperty('gflops');
    expect(rowOf(trial('step', { operations: 8e6 }), measurement, undefined)).not.toHaveProperty(
      'fractionOfPeak',
    );
  });
});

describe('the list of trials', () => {
  it('has every name once, and every target names one of them', () => {
    const names = trials.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining([...new Set(targets.map((target) => target.trial))]));
  });

  it('has every kind in the quick selection', () => {
    const kinds = (list: readonly Trial[]) => new Set(list.map(({ name }) => name.split('/')[0]));
    expect(kinds(trials.filter(({ quick }) => quick))).toEqual(kinds(trials));
  });
});

describe('targets', () => {
  const row = rowOf(trial('step', { operations: 8e6 }), measurement, 100);

  it('finds each kind of number in a row', () => {
    expect(measured(row, { kind: 'microseconds' })).toBe(100);
    expect(measured(row, { kind: 'fractionOfPeak' })).toBeCloseTo(0.8, 12);
    expect(measured(row, { kind: 'peerOverOurs', peer: 'torch' })).toBe(4);
    expect(measured(row, { kind: 'oursOverPeer', peer: 'dense' })).toBeCloseTo(1 / 0.98, 12);
    expect(measured(row, { kind: 'detail', detail: 'bytes' })).toBe(2 ** 20);
    expect(measured(row, { kind: 'peerOverOurs', peer: 'openblas' })).toBeUndefined();
    expect(measured(row, { kind: 'detail', detail: 'none' })).toBeUndefined();
  });

  it('is met at its bound and short beyond it', () => {
    expect(verdict(0.75, { atLeast: 0.75 })).toBe('met');
    expect(verdict(0.7499, { atLeast: 0.75 })).toBe('short');
    expect(verdict(1.03, { atMost: 1.03 })).toBe('met');
    expect(verdict(1.0301, { atMost: 1.03 })).toBe('short');
    expect(verdict(undefined, { atMost: 1 })).toBe('not measured');
    expect(verdict(NaN, { atMost: 1 })).toBe('not measured');
  });

  it('are shown as met, short, or not measured', () => {
    const two: Target[] = ['step', 'curve'].map((name) => ({
      what: `what ${name} costs`,
      trial: name,
      quantity: { kind: 'fractionOfPeak' },
      bound: { atLeast: 0.75 },
    }));
    expect(targetTable([row], two)).toMatch(/what step costs +│ +>= 75\.0 % │ +80\.0 % │ met/);
    expect(targetTable([row], two)).toMatch(/what curve costs +│ +>= 75\.0 % │ +- │ not measured/);
  });
});

describe('rowTables', () => {
  it('prints both directions of a ratio, the missing peers and the numbers of the kind', () => {
    const text = rowTables([rowOf(trial('step', { operations: 8e6 }), measurement, 100)]);
    expect(text).toContain('torch on openblas 400 us, 20.0 GFLOP/s; torch/ours 4.000, ours/torch 0.2500');
    expect(text).toContain('dense/ours 0.9800, ours/dense 1.020');
    expect(text).toContain('no c++: cmake was not found');
    expect(text).toContain('bytes 1 048 576');
  });
});

describe('the plot', () => {
  const rows = [stepRow(200, 80), stepRow(20, 40)];

  it('takes ours, PyTorch and the time at the peak, by width', () => {
    expect(stepTimes([...rows, rowOf(trial('startup/import'), measurement, 100)])).toEqual([
      { series: 'eigenstudent', width: 20, microseconds: 40 },
      { series: 'PyTorch', width: 20, microseconds: 400 },
      { series: 'its arithmetic alone, at the FMA peak', width: 20, microseconds: 40 },
      { series: 'eigenstudent', width: 200, microseconds: 80 },
      { series: 'PyTorch', width: 200, microseconds: 400 },
      { series: 'its arithmetic alone, at the FMA peak', width: 200, microseconds: 40 },
    ]);
  });

  it('names its axes and its curves', async () => {
    const svg = await stepTimePlot(rows);
    for (const text of ['student width h', 'a training step', 'eigenstudent', 'PyTorch'])
      expect(svg.toLowerCase()).toContain(text.toLowerCase());
  });

  it('refuses a single width', () => {
    expect(() => stepTimePlot([stepRow(20, 40)])).toThrow(
      'a plot needs step/paper/spectral at two widths or more',
    );
  });
});
