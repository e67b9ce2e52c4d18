/** Training steps of convolutional students, beside PyTorch, beside plain convolutions, and on two threads beside one. */
import { Population } from 'eigenstudent';
import {
  type Convolutional,
  convolutionalBatch,
  convolutionalData,
  convolutionalStudent,
} from '../convolutional.js';
import { Peers } from '../peer-process.js';
import { root } from '../programs.js';
import { checkedAgainstReference } from '../students.js';
import { interleaved } from '../timing.js';
import { TrainingContender } from '../training.js';
import type { Measurement, Trial, TrialContext } from './kind.js';

/** An epoch, which is a repeat. */
const stepsPerEpoch = 4;

interface Shape extends Convolutional {
  readonly students: number;
  readonly threads: number;
}

const lenet = { network: 'lenet', channels: 1, size: 28 } as const;
const resnet = { network: 'resnet20', channels: 3, size: 32 } as const;
const grey = { network: 'resnet20', channels: 1, size: 28 } as const;
const digits = { network: 'digits', channels: 1, size: 8 } as const;

export const convolutionTrials: readonly Trial[] = [
  convolutionTrial({ ...lenet, students: 1, threads: 1 }, true),
  convolutionTrial({ ...lenet, channels: 3, size: 32, students: 1, threads: 1 }),
  convolutionTrial({ ...resnet, students: 1, threads: 1 }),
  convolutionTrial({ ...grey, students: 1, threads: 1 }),
  convolutionTrial({ ...resnet, students: 1, threads: 2 }),
  convolutionTrial({ ...digits, students: 8, threads: 2 }, true),
];

function convolutionTrial(shape: Shape, quick = false): Trial {
  const { network, channels, size, students, threads } = shape;
  const population = students > 1 ? `${students}x` : '';
  return {
    name: `convolution/${population}${network}-${channels}x${size}x${size}/threads-${threads}`,
    threads,
    quick,
    unit: students > 1 ? "student's step" : 'step',
    programs: ['torch'],
    measure: (context) => measure(shape, context),
  };
}

async function measure(shape: Shape, context: TrialContext): Promise<Measurement> {
  const { students, threads } = shape;
  const members = (parametrization: 'direct' | 'spectral', samples: number) => {
    const data = convolutionalData(shape, samples);
    return Array.from({ length: students }, (_, seed) =>
      convolutionalStudent(shape, parametrization, data, seed),
    );
  };
  // Plain loops take a second for a dozen images of a ResNet-20; in float32 its twenty batch norms multiply roundings.
  const few = members('direct', 12).map((student) => ({ ...student, batchSize: 12 }));
  const difference = await checkedAgainstReference(few, threads, ['float64']);
  const training = (name: string, parametrization: 'direct' | 'spectral', on: number) => {
    const some = members(parametrization, stepsPerEpoch * convolutionalBatch);
    const population = Population.create(some, { device: 'cpu', dtype: 'float32', threads: on });
    return { population, contender: new TrainingContender(name, stepsPerEpoch * students, [population]) };
  };
  const ours = training('direct', 'direct', threads);
  const rivals = [training('spectral', 'spectral', threads).contender];
  if (threads > 1) rivals.push(training('threads-1', 'direct', 1).contender);
  const peers = new Peers(context);
  await openTorch(peers, shape);
  const timing = await interleaved(ours.contender, [...rivals, ...peers.contenders], context);
  peers.close();
  const { engine } = ours.population;
  for (const one of [ours.contender, ...rivals]) one.finish();
  return { engine, ...timing, difference, missing: peers.missing };
}

/** On one thread, its students one after the other. */
async function openTorch(peers: Peers, { network, channels, size, students }: Shape): Promise<void> {
  const script = `${root}bench/peers/torch_convolution.py`;
  const options = ['--network', network, '--channels', channels, '--size', size, '--students', students];
  await peers.open({
    name: 'torch',
    program: 'torch',
    options: [script, ...options],
    unitsPerRepeat: students,
  });
}
