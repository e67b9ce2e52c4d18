/** Every case-*.json of test/golden/cases, computed by PyTorch in float64, replayed through the public API. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FloatArray, Population, type Student } from '../../src/index.js';
import { flat, type GoldenCase, studentOf } from './replay.js';

const folder = new URL('./cases/', import.meta.url);
const files = readdirSync(folder).filter((name) => /^case-.*\.json$/.test(name));

/**
 * Largest ||ours - theirs||_2, as a fraction of ||theirs||_2 or at least `floor`.
 * float64: what is asked of it; measured 1.3e-15 (sums of at most 88 terms in another order).
 * float32: half an ulp is 6e-8. Forward and backward through 3 layers accumulate some of them: measured 5.5e-7, allowed
 * ten times that. Adam's first steps divide by sqrt(v), so that an entry whose gradient nearly cancels moves with that
 * entry's relative error, not the tensor's: measured 1.4e-5 after 5 steps, allowed ten times that. A wrong term shows as
 * 1e-2 or more.
 */
const tolerances = {
  float64: { before: 1e-10, after: 1e-10, floor: 1e-12 },
  float32: { before: 5e-6, after: 1.5e-4, floor: 1e-6 },
} as const;

it('finds cases to replay', () => {
  expect(files.length).toBeGreaterThanOrEqual(32);
});

describe.each(['reference', 'cpu'] as const)('on %s', (device) => {
  describe.each(['float64', 'float32'] as const)('in %s', (dtype) => {
    it.each(files)('replays %s', async (file) => {
      const golden = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as GoldenCase;
      const population = Population.create([studentOf(golden)], { device, dtype, threads: 1 });
      const student = population.at(0);
      const { before: exact, after: trained, floor } = tolerances[dtype];
      const compare =
        (relative: number): Near =>
        (what, ours, theirs) =>
          expect(distance(ours, theirs), what).toBeLessThanOrEqual(
            Math.max(relative * Math.hypot(...theirs), floor),
          );
      const near = compare(exact);
      const nearAfter = compare(trained);

      near('output', await student.predict(student.options.data), flat(golden.output));
      const before = student.gradient(student.options.data);
      near('data loss', [before.dataLoss], [golden.dataLoss]);
      near('penalty', [before.penalty], [golden.penalty]);
      compareTensors(before.gradients, golden.gradients, near, 'gradient');
      expectFrozen(student, before.gradients);
      const evaluation = await student.evaluate(student.options.data);
      near('evaluated loss', [evaluation.loss], [golden.dataLoss]);

      await population.run(golden.steps);
      expect(student.progress().step).toBe(golden.steps);
      compareTensors(student.network().tensors(), golden.after.params, nearAfter, 'parameters after');
      const after = student.gradient(student.options.data);
      nearAfter('data loss after', [after.dataLoss], [golden.after.dataLoss]);
      nearAfter('penalty after', [after.penalty], [golden.after.penalty]);
      population.dispose();
    });
  });
});

type Near = (what: string, ours: ArrayLike<number>, theirs: readonly number[]) => void;

function compareTensors(
  ours: ReadonlyMap<string, FloatArray>,
  theirs: GoldenCase['gradients'],
  near: Near,
  what: string,
): void {
  for (const [layer, tensors] of theirs.entries()) {
    for (const [name, values] of Object.entries(tensors)) {
      const tensor = ours.get(`layers.${layer}.${name}`);
      near(`${what} ${name} of layer ${layer}`, tensor ?? [], flat(values));
    }
  }
}

/** What a case has no gradient for must have none here. */
function expectFrozen(student: Student, gradients: ReadonlyMap<string, FloatArray>): void {
  for (const [layer, { tensors }] of student.spec.layers.entries()) {
    for (const [name, { trainable }] of Object.entries(tensors ?? {})) {
      const gradient = gradients.get(`layers.${layer}.${name}`);
      if (!trainable)
        expect(
          gradient?.every((value) => value === 0),
          `${name} of layer ${layer}`,
        ).toBe(true);
    }
  }
}

function distance(ours: ArrayLike<number>, theirs: readonly number[]): number {
  if (ours.length !== theirs.length) return Infinity;
  return Math.hypot(...theirs.map((value, i) => value - (ours[i] as number)));
}
