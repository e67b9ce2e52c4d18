import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { effectiveSize } from '../../src/analysis/effective-size.js';
import { readArrays } from '../../src/experiments/teacher-student/record/arrays.js';
import { NodeLog } from '../../src/experiments/teacher-student/run/node-log.js';
import { isFinished } from '../../src/runs/record.js';
import { readRecords, sweep } from '../../src/sweep.js';
import { smallProtocol } from './small-protocol.js';
import { expand } from './student-trials.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-nodes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the history of nodes', () => {
  it('is kept for the first trial of each kind: before the first step, and with every entry of the losses', async () => {
    await sweep(smallProtocol({ trials: 2 }), { directory: folder, device: 'cpu' });
    const records = (await readRecords(folder)).filter(isFinished);
    expect(records.length).toBeGreaterThan(2);
    for (const record of records) {
      const { network, relevance, lossHistory, nodeHistory } = await readArrays(folder, record);
      if (record.trial > 0) {
        expect(nodeHistory).toBeUndefined();
        continue;
      }
      const { width, threshold, parametrization } = record.scalars;
      const rows = lossHistory.epoch.length + 1;
      expect(nodeHistory?.relevance).toHaveLength(rows * width);
      const row = (values: Float32Array | undefined, k: number) => values?.slice(k * width, (k + 1) * width);
      expect(row(nodeHistory?.relevance, rows - 1)).toEqual(Float32Array.from(relevance));
      for (const [k, size] of lossHistory.effectiveSize.entries())
        expect(effectiveSize(row(nodeHistory?.relevance, k + 1) ?? [], { threshold })).toBe(size);
      if (parametrization === 'direct') expect(nodeHistory?.eigenvaluesOut).toBeUndefined();
      else {
        expect(row(nodeHistory?.eigenvaluesOut, 0)).toEqual(new Float32Array(width).fill(1));
        expect(row(nodeHistory?.eigenvaluesOut, rows - 1)).toEqual(network.tensor('layers.0.eigenvaluesOut'));
      }
    }
  });

  it('is not kept for a student that is too wide for the number of points', () => {
    const of = (width: number, points: number) => {
      const protocol = smallProtocol({
        student: { width, secondWidth: 2 },
        evaluation: { points, threshold: 0.05 },
      });
      return NodeLog.of((expand(protocol)[0] as ReturnType<typeof expand>[number]).protocol);
    };
    expect(of(1500, 50)).toBeDefined();
    expect(of(2 ** 17 / 64, 63)).toBeDefined();
    expect(of(2 ** 17 / 64, 64)).toBeUndefined();
  });
});
