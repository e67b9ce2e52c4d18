import { describe, expect, it } from 'vitest';
import { teacherSizeOf } from '../../src/experiments/teacher-student/protocol/problem.js';
import { dataKey } from '../../src/experiments/teacher-student/protocol/trial.js';
import { canonicalJson, trialKey } from '../../src/protocol/trials.js';
import { parseProtocol, preset } from '../../src/sweep.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import type { ShortTrial as StudentTrial } from '../sweep/student-trials.js';
import { expand } from '../sweep/student-trials.js';

const name = ({ protocol }: StudentTrial) =>
  `${teacherSizeOf(protocol)} ${protocol.student.width} ${protocol.parametrization} ${protocol.trial}`;

describe('trials of a protocol', () => {
  it('are the whole grid, in order', () => {
    expect(expand(smallProtocol()).map(name)).toEqual([
      ...['2 4 spectral 0', '2 4 spectral 1', '2 4 direct 0', '2 4 direct 1'],
      ...['2 6 spectral 0', '2 6 spectral 1', '2 6 direct 0', '2 6 direct 1'],
    ]);
    const teachers = smallProtocol({ teacher: { inputs: 3, teacherSize: [2, 3] }, student: { width: 4 } });
    expect(expand(teachers).map(name)).toHaveLength(8);
    expect(expand({ ...teachers, arms: { direct: teachers.arms.direct as never } }).map(name)).toEqual([
      ...['2 4 direct 0', '2 4 direct 1', '3 4 direct 0', '3 4 direct 1'],
    ]);
  });

  it('are 720 in the paper and 18 in its small version, with distinct keys', () => {
    for (const [preset_, count] of [
      [preset('paper'), 720],
      [preset('quick'), 18],
    ] as const) {
      const keys = expand(preset_).map(({ key }) => key);
      expect(new Set(keys).size).toBe(count);
      expect(keys).toHaveLength(count);
    }
  });

  it('share data between widths and parametrisations of one index, and not between indices', () => {
    const keys = expand(smallProtocol()).map(({ protocol }) => dataKey(protocol));
    expect(new Set(keys).size).toBe(2);
    expect(keys[0]).toBe(keys[6]);
    expect(keys[0]).not.toBe(keys[1]);
  });
});

describe('the key of a trial', () => {
  const evaluation = { points: 50, threshold: 0.05 };
  const [first] = expand({ ...preset('quick'), evaluation }) as [StudentTrial, ...StudentTrial[]];

  it('is part of the file format: it equals the recorded value', () => {
    expect(first.key).toBe('316974d11aff0722');
  });

  it('does not depend on the order or the spelling of the fields', () => {
    const flow = `{ seed: 5, trials: 1, epochs: 6.0e+0, arms: { direct: { batchSize: 16, l2: { eigenvectors: 1e-2 }, optimizer: { adam: { learningRate: 1e-2 } } } }, student: { secondWidth: 2, width: 4 }, data: { test: 24, validation: 16, train: 40 }, teacher: { secondWidth: 2, teacherSize: 2, inputs: 3 }, evaluation: { points: 3 } }`;
    const [reordered] = expand(parseProtocol(flow, 'flow.yaml'));
    const [usual] = expand(smallProtocol()).filter(({ protocol }) => protocol.parametrization === 'direct');
    expect(reordered?.key).toBe(usual?.key);
  });

  it('depends on every number', () => {
    const leaves = paths(first.protocol);
    expect(leaves.length).toBeGreaterThan(25);
    for (const path of leaves) {
      const changed = structuredClone(first.protocol);
      const owner = path.slice(0, -1).reduce((value: unknown, part) => (value as never)[part], changed);
      (owner as Record<string, unknown>)[path.at(-1) as string] = 'changed';
      expect(trialKey(changed), path.join('.')).not.toBe(first.key);
    }
  });

  it('is computed from JSON whose keys are sorted at every depth', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
  });
});

function paths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]));
}
