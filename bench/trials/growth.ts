/** Whether time and memory grow in proportion: populations of ever more students in one call, and ever wider students. */
import { Population } from 'eigenstudent';
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

export const growingStudents = [10, 100, 1000, 10_000] as const;
export const growingWidths = [64, 256, 1024, 4096, 16_384, 65_536] as const;

export const growthTrials: readonly Trial[] = [
  ...growingStudents.map((students) => growthTrial('students', students, 20)),
  ...growingWidths.map((width) => growthTrial('width', 1, width)),
];

function growthTrial(kind: 'students' | 'width', students: number, width: number): Trial {
  return {
    name: `growth/${kind}/${students}xh${width}`,
    threads: 1,
    quick: students === 100,
    unit: "student's step",
    operations: operationsPerStep(paperWidths(width), paperSamples, paperBatch),
    programs: [],
    measure: (context) => measure(students, width, context),
  };
}

/** Few students and patterns are checked: the reference is slow, and students do not know of each other. */
async function measure(students: number, width: number, { seconds }: TrialContext): Promise<Measurement> {
  const data = (await paperData()).train;
  const few = (await paperData(40)).train;
  const member = (on: typeof data, seed: number) => paperStudent('spectral', width, on, seed);
  const difference = await checkedAgainstReference([member(few, 0)], 1);
  const members = Array.from({ length: students }, (_, seed) => member(data, seed));
  const population = Population.create(members, { device: 'cpu', threads: 1 });
  const steps = paperStepsPerEpoch * students;
  const ours = new TrainingContender('ours', steps, [population]);
  const timing = await interleaved(ours, [], { seconds, fewest: 3 });
  const { engine, bytes } = population;
  ours.finish();
  return { engine, ...timing, difference, details: { bytesPerStudent: bytes / students } };
}
