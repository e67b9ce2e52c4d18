/** Prepares a population for training: checks memory and draws first values. */
import type { DType } from '../native/addon.js';
import { allocate, toDType } from '../native/arrays.js';
import { requireMemory } from '../native/free-memory.js';
import { describe, sizeOf, unitsOf } from '../network/description.js';
import { initialValues } from '../network/initialize.js';
import { tensorLayout } from '../network/layout.js';
import { bytesOfPopulation } from '../network/memory-needs.js';
import type { StudentPlan } from './student-options.js';

/** Memory of the host; on a GPU the CUDA library reports what is missing. */
export function requireHostMemory(
  plans: readonly StudentPlan[],
  dtype: DType,
  threads: number,
  allGeneral: boolean,
): void {
  const shapes = plans.map(({ spec, optimizer, batchSize, data, augment, population }) => ({
    inputs: spec.inputs,
    widths: spec.layers.map((_, layer) => unitsOf(spec, layer)),
    dtype,
    moments: optimizer.kind === 'sgd' ? (1 as const) : (2 as const),
    batchSize: Math.min(batchSize, data.samples),
    ...((allGeneral || needsGeneral({ spec, augment, population })) && {
      general: {
        parameters: describe(spec).parameters,
        outputs: spec.layers.reduce((sum, _, layer) => sum + sizeOf(spec, layer), 0),
      },
    }),
  }));
  const unshared = new Set(plans.map(({ data }) => data));
  const toCopy = [...unshared].reduce((sum, data) => sum + data.bytesToCopy(dtype), 0);
  const { students, data, working, largest } = bytesOfPopulation(shapes, threads, toCopy);
  const { inputs, widths } = shapes[largest] as (typeof shapes)[number];
  const what =
    `a population of ${plans.length} (students ${Math.ceil(students)} bytes, of which student ${largest} ` +
    `(${[inputs, ...widths].join(' -> ')}) takes most; training ${Math.ceil(working)}; data ${data})`;
  requireMemory(what, students + data + working, 'Create narrower students, or fewer at a time');
}

/** Whether no fused path trains the student. */
export function needsGeneral({
  spec,
  augment,
  population,
}: Pick<StudentPlan, 'spec' | 'augment' | 'population'>): boolean {
  return augment !== undefined || population !== undefined || describe(spec).noChain !== undefined;
}

export function firstValues(plan: StudentPlan, dtype: DType) {
  if (plan.network) return toDType('parameters', plan.network.parameters, dtype);
  const places = tensorLayout(plan.spec);
  const size = places.reduce((count, place) => count + place.size, 0);
  const block = allocate('the student', dtype, size);
  const { seed, trial } = plan;
  const values = initialValues(plan.spec, { seed, trial, purpose: 'studentParameters' });
  for (const { name, offset } of places) block.set(values.get(name) as Float64Array, offset);
  return block;
}
