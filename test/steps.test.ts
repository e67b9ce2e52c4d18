import { describe, expect, it } from 'vitest';
import { checkFinite, toDType } from '../src/native/arrays.js';
import { normals, normalsSteps } from '../src/network/random.js';
import { finish, inTurns, stepLength, stretches, unlessInterrupted } from '../src/steps.js';
import { failureOf, rejectionOf } from './failure.js';

/** One more than two steps, and odd. */
const count = 2 * stepLength + 1;

function* countTo(last: number) {
  for (let i = 0; i < last; ++i) {
    const end = performance.now() + 2;
    while (performance.now() < end);
    yield;
  }
  return last;
}

describe('work in steps', () => {
  it('covers everything once', () => {
    expect([...stretches(5, 2)]).toEqual([
      [0, 2],
      [2, 4],
      [4, 5],
    ]);
    expect([...stretches(0)]).toEqual([]);
  });

  it('gives the same whether it is done at once or with turns in between', async () => {
    expect(finish(countTo(3))).toBe(3);
    expect(await inTurns(countTo(60))).toBe(60);
  });

  it('lets timers run, and ends once its signal is aborted', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('received SIGTERM')), 1);
    expect(await rejectionOf(inTurns(countTo(10_000), controller.signal))).toBe(
      'interrupted: interrupted while data were prepared: received SIGTERM',
    );
  });

  it('is not waited for where it has no steps, once its signal is aborted', async () => {
    const controller = new AbortController();
    const endless = new Promise<never>(() => {});
    setTimeout(() => controller.abort(new Error('enough')), 1);
    expect(await rejectionOf(unlessInterrupted(endless, controller.signal))).toMatch(
      /^interrupted: .*enough$/,
    );
    expect(await unlessInterrupted(Promise.resolve(7), new AbortController().signal)).toBe(7);
    expect(await unlessInterrupted(Promise.resolve(7), undefined)).toBe(7);
  });
});

describe('large arrays', () => {
  it('of normal numbers have the bits of those drawn in one call', () => {
    const stream = { seed: 3, trial: 1, purpose: 'trainInputs' } as const;
    expect(
      Buffer.from(finish(normalsSteps(stream, count)).buffer).equals(
        Buffer.from(normals(stream, count).buffer),
      ),
    ).toBe(true);
  });

  it('are rounded to float32 everywhere, and what it cannot hold is named by its index', () => {
    const numbers = Float64Array.from({ length: count }, (_, i) => i / 7);
    const rounded = toDType('inputs', numbers, 'float32');
    for (const i of [0, stepLength - 1, stepLength, count - 1])
      expect(rounded[i]).toBe(Math.fround(numbers[i] as number));
    numbers[stepLength + 5] = 1e39;
    expect(failureOf(() => toDType('inputs', numbers, 'float32'))).toContain(`inputs[${stepLength + 5}]`);
  });

  it('with a number that is not finite are refused with its place', () => {
    const numbers = new Float32Array(count);
    numbers[count - 1] = NaN;
    expect(failureOf(() => checkFinite('inputs', numbers, 2))).toContain(
      `at index ${count - 1} (sample ${stepLength}, column 0)`,
    );
  });
});
