/** A full training step of the paper's student on one thread, beside PyTorch and beside a plain dense network. */
import { Population } from 'eigenstudent';
import { operationsPerStep } from '../arithmetic.js';
import { Peers } from '../peer-process.js';
import { root } from '../programs.js';
import {
  checkedAgainstReference,
  type Parametrization,
  paperBatch,
  paperData,
  paperSamples,
  paperStepsPerEpoch,
  paperStudent,
  paperWidths,
  parametrizations,
} from '../students.js';
import { interleaved } from '../timing.js';
import { TrainingContender } from '../training.js';
import type { Measurement, Trial, TrialContext } from './kind.js';

export const stepWidths = [10, 20, 50, 100, 200, 500, 1000, 1500, 2000, 4096, 8192] as const;
const quickOnes = ['spectral/h20', 'spectral/h200', 'spectral/h1000', 'spectral-in/h200'];

/** Where the general executor is timed beside the fused path. */
const generalWidths = [20, 200, 1000];

/** Rows of the square matrices whose product is OpenBLAS's best: the yardstick of thin ones. */
const largeProduct = 2048;

/** A batch and a partial one: the reference takes three seconds over them at width 8192. */
const checkedPatterns = 400;

export const stepTrials: readonly Trial[] = parametrizations.flatMap((parametrization) =>
  stepWidths.map((width) => stepTrial(parametrization, width)),
);

function stepTrial(parametrization: Parametrization, width: number): Trial {
  return {
    name: `step/paper/${parametrization}/h${width}`,
    threads: 1,
    quick: quickOnes.includes(`${parametrization}/h${width}`),
    unit: 'step',
    operations: operationsPerStep(paperWidths(width), paperSamples, paperBatch),
    programs: ['torch', 'openblas'],
    measure: (context) => measure(parametrization, width, context),
  };
}

async function measure(
  parametrization: Parametrization,
  width: number,
  context: TrialContext,
): Promise<Measurement> {
  const few = (await paperData(checkedPatterns)).train;
  const difference = await checkedAgainstReference([paperStudent(parametrization, width, few)], 1);
  const data = (await paperData()).train;
  const training = (name: Parametrization, executor: 'auto' | 'general' = 'auto') => {
    const options = { device: 'cpu', threads: 1, executor } as const;
    const population = Population.create([paperStudent(name, width, data)], options);
    const label = executor === 'general' ? executor : name;
    return {
      engine: population.engine,
      contender: new TrainingContender(label, paperStepsPerEpoch, [population]),
    };
  };
  const ours = training(parametrization);
  const rivals = parametrization.startsWith('spectral') ? [training('dense').contender] : [];
  if (parametrization === 'spectral' && generalWidths.includes(width))
    rivals.push(training('spectral', 'general').contender);
  const peers = new Peers(context);
  await peers.open({
    name: 'torch',
    program: 'torch',
    options: [`${root}bench/peers/torch_step.py`, '--width', width, '--parametrization', parametrization],
    unitsPerRepeat: paperStepsPerEpoch,
  });
  await peers.open({
    name: 'openblas',
    program: 'openblas',
    options: ['--square', largeProduct],
    // Its time for as many operations as our step has, so that the ratio is one of rates.
    unitsPerRepeat: (2 * largeProduct ** 3) / operationsPerStep(paperWidths(width), paperSamples, paperBatch),
  });
  const timing = await interleaved(ours.contender, [...rivals, ...peers.contenders], context);
  peers.close();
  for (const one of [ours.contender, ...rivals]) one.finish();
  return { engine: ours.engine, ...timing, difference, missing: peers.missing };
}
