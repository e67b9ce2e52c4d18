/** A step of a wide student, beside the same matrix products by OpenBLAS, and on two threads beside one. */
import { Population } from 'eigenstudent';
import { operationsPerStep } from '../arithmetic.js';
import { Peers } from '../peer-process.js';
import { checkedAgainstReference, wideBatch, wideData, wideStudent, wideWidths } from '../students.js';
import { interleaved } from '../timing.js';
import { TrainingContender } from '../training.js';
import type { Measurement, Trial, TrialContext } from './kind.js';

const shape = wideWidths.join('-');

export const wideTrials: readonly Trial[] = [wideTrial(1), wideTrial(2)];

function wideTrial(threads: 1 | 2): Trial {
  return {
    name: `step/wide/${shape}/threads-${threads}`,
    threads,
    quick: threads === 1,
    unit: 'step',
    operations: operationsPerStep(wideWidths, wideBatch, wideBatch),
    programs: threads === 1 ? ['openblas'] : [],
    measure: (context) => measure(threads, context),
  };
}

/**
 * A call of run() packs and unpacks 60 million numbers, which an epoch on images (117 steps of 512) hides. So the epoch is
 * one step, and a sample a call of several.
 */
const budget = { secondsPerSample: 3, fewest: 3 };

function training(threads: number): { engine: string; contender: TrainingContender } {
  const students = [wideStudent(wideData(wideBatch), wideBatch)];
  const population = Population.create(students, { device: 'cpu', threads });
  return {
    engine: population.engine,
    contender: new TrainingContender(`threads-${threads}`, 1, [population]),
  };
}

async function measure(threads: 1 | 2, context: TrialContext): Promise<Measurement> {
  // A full batch and a partial one, of sizes and in the precision that the reference can bear: 20 million parameters.
  const few = [wideStudent(wideData(3), 2)];
  const difference = await checkedAgainstReference(few, threads, ['float32']);
  const ours = training(threads);
  const rivals = threads === 1 ? [] : [training(1).contender];
  const peers = new Peers(context);
  if (threads === 1)
    await peers.open({
      name: 'openblas',
      program: 'openblas',
      options: ['--batch', wideBatch, ...wideWidths],
      unitsPerRepeat: 1,
    });
  const timing = await interleaved(ours.contender, [...rivals, ...peers.contenders], {
    ...context,
    ...budget,
  });
  peers.close();
  for (const one of [ours.contender, ...rivals]) one.finish();
  return { engine: ours.engine, ...timing, difference, missing: peers.missing };
}
