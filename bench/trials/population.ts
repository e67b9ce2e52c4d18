/** Many students in one population, beside as many populations one after the other, and on two threads beside one. */
import { Population, type StudentOptions } from 'eigenstudent';
import { operationsPerStep } from '../arithmetic.js';
import {
  checkedAgainstReference,
  paperBatch,
  paperData,
  paperSamples,
  paperStepsPerEpoch,
  paperStudent,
  paperWidths,
} from '../students.js';
import { interleaved } from '../timing.js';
import { TrainingContender } from '../training.js';
import type { Measurement, Trial, TrialContext } from './kind.js';

interface Shape {
  readonly students: number;
  readonly width: number;
}

/** What the population is held against. */
type Rival = 'separate' | 'threads-1';

export const populationTrials: readonly Trial[] = [
  populationTrial({ students: 64, width: 20 }, 'separate', 1),
  populationTrial({ students: 64, width: 20 }, 'threads-1', 2),
  populationTrial({ students: 8, width: 200 }, 'threads-1', 2),
];

function populationTrial(shape: Shape, rival: Rival, threads: number): Trial {
  return {
    name: `population/${shape.students}xh${shape.width}/threads-${threads}`,
    threads,
    quick: true,
    // of one student, so that it compares with step/paper/spectral
    unit: "student's step",
    operations: operationsPerStep(paperWidths(shape.width), paperSamples, paperBatch),
    programs: [],
    measure: (context) => measure(shape, rival, threads, context),
  };
}

async function measure(
  { students, width }: Shape,
  rival: Rival,
  threads: number,
  context: TrialContext,
): Promise<Measurement> {
  const few = (await paperData(400)).train;
  const data = (await paperData()).train;
  const members = (on: typeof data) =>
    Array.from({ length: students }, (_, seed) => paperStudent('spectral', width, on, seed));
  const difference = await checkedAgainstReference(members(few), threads);
  const steps = paperStepsPerEpoch * students;
  const create = (some: readonly StudentOptions[], on: number) =>
    Population.create(some, { device: 'cpu', threads: on });
  const together = create(members(data), threads);
  const ours = new TrainingContender('together', steps, [together]);
  const others =
    rival === 'separate' ? members(data).map((one) => create([one], threads)) : [create(members(data), 1)];
  const theirs = new TrainingContender(rival, steps, others);
  const timing = await interleaved(ours, [theirs], { ...context, secondsPerSample: 0.05 });
  const { engine } = together;
  for (const one of [ours, theirs]) one.finish();
  return { engine, ...timing, difference };
}
