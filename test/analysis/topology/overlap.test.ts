import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../../src/analysis/topology/matrix.js';
import { matchNodes, overlapMatrix } from '../../../src/analysis/topology/overlap.js';
import { failureOf } from '../../failure.js';
import { normalNumbers } from '../seeded-numbers.js';

const matrix = (rows: number[][]): Matrix => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  values: rows.flat(),
});

describe('overlapMatrix', () => {
  it('is the cosine of the angle: known angles', () => {
    const teacher = matrix([
      [1, 0],
      [0, 2],
    ]);
    const student = matrix([
      [3, 3],
      [-5, 0],
      [0, 0],
      [Math.cos(1), Math.sin(1)],
    ]);
    const { rows, columns, values } = overlapMatrix(student, teacher);
    expect([rows, columns]).toEqual([4, 2]);
    const expected = [Math.SQRT1_2, Math.SQRT1_2, -1, 0, 0, 0, Math.cos(1), Math.sin(1)];
    for (const [k, value] of expected.entries()) expect(values[k]).toBeCloseTo(value, 14);
  });

  it('is the absolute value of the cosine where the sign of a node is free', () => {
    const [student, teacher] = [
      matrix([
        [-5, 0],
        [3, 3],
      ]),
      matrix([[1, 0]]),
    ];
    expect(Array.from(overlapMatrix(student, teacher, { signIsFree: true }).values)).toEqual([
      1,
      expect.closeTo(Math.SQRT1_2, 14),
    ]);
    expect(() => overlapMatrix(student, teacher, { signIsFree: 1 as never })).toThrow(
      'expected true or false for signIsFree, received 1',
    );
  });

  it('does not depend on the scale of a node, however small', () => {
    const teacher = matrix([[1, 2, -3]]);
    const overlap = (scale: number) =>
      overlapMatrix(matrix([[2 * scale, 1 * scale, 0]]), teacher).values[0] as number;
    expect(overlap(1)).toBeCloseTo(4 / Math.sqrt(5 * 14), 14);
    expect(overlap(1e-200)).toBeCloseTo(overlap(1), 14);
    expect(overlap(1e200)).toBeCloseTo(overlap(1), 14);
  });

  it.each([
    [
      matrix([[1, 2]]),
      matrix([[1, 2, 3]]),
      'expected 3, the inputs of the teacher for student.columns, received 2',
    ],
    [
      { rows: 2, columns: 2, values: [1, 2, 3] },
      matrix([[1, 2]]),
      'expected 2 x 2 = 4 numbers for student.values, received an array of length 3',
    ],
    [
      matrix([[1, Number.NaN]]),
      matrix([[1, 2]]),
      'expected a finite number for student.values[1], received NaN',
    ],
    [
      undefined as never,
      matrix([[1]]),
      'expected a matrix { rows, columns, values } for student, received undefined',
    ],
    [matrix([]), matrix([[1]]), 'expected a positive integer for student.rows, received 0'],
  ])('refuses %j, %j', (student, teacher, message) => {
    expect(failureOf(() => overlapMatrix(student, teacher))).toBe(`invalid_argument: ${message}`);
  });
});

describe('matchNodes', () => {
  it('undoes a permutation among other nodes', () => {
    const normal = normalNumbers(4);
    const teacher = Array.from({ length: 6 }, () => Array.from({ length: 10 }, normal));
    const strangers = Array.from({ length: 4 }, () => Array.from({ length: 10 }, normal));
    // student node 9 - k is teacher node k, at twice its scale
    const student = [...strangers, ...teacher.toReversed().map((row) => row.map((value) => 2 * value))];
    const match = matchNodes(overlapMatrix(matrix(student), matrix(teacher)));
    expect(match.pairs.map(({ student: i, teacher: j }) => [i, j])).toEqual(
      [5, 4, 3, 2, 1, 0].map((j) => [9 - j, j]),
    );
    expect(match.meanOverlap).toBeCloseTo(1, 14);
    expect(match.unmatchedStudent).toEqual([0, 1, 2, 3]);
    expect(match.unmatchedTeacher).toEqual([]);
  });

  it('finds the best sum, not the best pair first', () => {
    // greedy: 0.9 + 0.1; best: 0.8 + 0.7
    const overlap = matrix([
      [0.9, 0.8],
      [0.7, 0.1],
    ]);
    expect(matchNodes(overlap)).toEqual({
      pairs: [
        { student: 0, teacher: 1, overlap: 0.8 },
        { student: 1, teacher: 0, overlap: 0.7 },
      ],
      meanOverlap: 0.75,
      unmatchedStudent: [],
      unmatchedTeacher: [],
    });
  });

  it('leaves pairs below the minimum unmatched, on both sides', () => {
    const overlap = matrix([
      [0.9, 0],
      [0, 0.2],
    ]);
    expect(matchNodes(overlap, { minimum: 0.5 })).toEqual({
      pairs: [{ student: 0, teacher: 0, overlap: 0.9 }],
      meanOverlap: 0.9,
      unmatchedStudent: [1],
      unmatchedTeacher: [1],
    });
    expect(matchNodes(overlap, { minimum: 0.95 })).toMatchObject({ pairs: [], meanOverlap: Number.NaN });
  });

  it('refuses bad options', () => {
    expect(failureOf(() => matchNodes(matrix([[1]]), { minimum: 2 }))).toBe(
      'invalid_argument: expected a finite number between -1 and 1 for minimum, received 2',
    );
    expect(failureOf(() => matchNodes(matrix([[1]]), { least: 2 } as never))).toBe(
      'invalid_argument: unknown option "least" in matchNodes; known: minimum',
    );
  });
});
