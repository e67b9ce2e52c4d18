/** The whole pruning curve of the paper's student, in units of one plain forward pass over the same patterns. */
import { type Dataset, Population, pruningCurve } from 'eigenstudent';
import { Peers } from '../peer-process.js';
import { root } from '../programs.js';
import { relativeDifference } from '../statistics.js';
import { paperData, paperStudent, withinTolerance } from '../students.js';
import { contender, interleaved } from '../timing.js';
import type { Measurement, Trial, TrialContext } from './kind.js';

/** The paper's test set. */
const patterns = 10_000;
/** The reference adds node by node, in double: this many take a second at h = 1000. */
const checkedPatterns = 200;

/** Losses in float32 on both sides, no step in between; seen: 2e-8. One node in the wrong place shows as 6e-3. */
const tolerance = 1e-5;

export const curveTrials: readonly Trial[] = [curveTrial(200, false), curveTrial(1000, true)];

function curveTrial(width: number, quick: boolean): Trial {
  return {
    name: `curve/paper/h${width}`,
    threads: 1,
    quick,
    unit: 'curve',
    programs: ['torch'],
    measure: (context) => measure(width, context),
  };
}

async function measure(width: number, context: TrialContext): Promise<Measurement> {
  const { train, test } = await paperData(1000, patterns);
  const population = Population.create([paperStudent('spectral', width, train)], {
    device: 'cpu',
    threads: 1,
  });
  await population.run(1);
  const difference = await checkedCurve(population, (await paperData(1000, checkedPatterns)).test);
  const student = population.at(0);
  const ours = contender('curve', 1, () => pruningCurve(student, test));
  const forward = contender('forward', 1, () => population.evaluate(test));
  const peers = new Peers(context);
  await peers.open({
    name: 'torch',
    program: 'torch',
    options: [`${root}bench/peers/torch_curve.py`, '--width', width, '--patterns', patterns],
    // a repeat is one masked forward, and all of them cost the same
    unitsPerRepeat: 1 / (width + 1),
  });
  const timing = await interleaved(ours, [forward, ...peers.contenders], context);
  peers.close();
  const { engine } = population;
  population.dispose();
  return { engine, ...timing, difference, missing: peers.missing };
}

/** The same parameters, the same order of removal, on the reference. */
async function checkedCurve(population: Population, data: Dataset): Promise<number> {
  const student = population.at(0);
  const { options } = student;
  const copy = { layers: options.spec.layers, network: student.network(), data: options.data };
  const { optimizer, batchSize, epochs, seed } = options;
  const reference = Population.create([{ ...copy, optimizer, batchSize, epochs, seed }], {
    device: 'reference',
  });
  const { losses, order } = await pruningCurve(student, data);
  const expected = await reference.at(0).pruningLosses(0, order, data);
  reference.dispose();
  return withinTolerance(relativeDifference(losses, expected), tolerance, 'pruning curve');
}
