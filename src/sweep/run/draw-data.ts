/** From the numbers of a trial to its teacher and the data that it labels. */
import { gaussianInputs } from '../../data/gaussian.js';
import type { PartCounts, Splits } from '../../data/splits.js';
import { Dataset } from '../../network/dataset.js';
import { outputsOf } from '../../network/spec.js';
import { Teacher } from '../../teacher/teacher.js';
import { problemOf } from '../protocol/problem.js';
import { dataTrial, sharesSeed, type TrialProtocol } from '../protocol/trials.js';

/** A teacher that is made of numbers alone. */
export function teacherOf({ teacher }: Pick<TrialProtocol, 'teacher'>): Teacher {
  if (teacher?.kind !== 'paper') throw new TypeError('a teacher from a file is read, not made');
  const { kind: _, ...options } = teacher;
  return Teacher.paper(options);
}

/** Gaussian inputs with the teacher's labels. */
export async function drawData(teacher: Teacher, protocol: TrialProtocol): Promise<Splits> {
  const { samples } = problemOf(protocol);
  if (sharesSeed(protocol)) return drawTwice(teacher, protocol, samples);
  const { train, validation, test } = samples;
  return teacher.dataset({ train, validation, test, seed: protocol.seed, trial: dataTrial(protocol) });
}

/**
 * Inputs as a generator gives them that is seeded again before the test inputs are drawn: the test patterns are those
 * trained on, then those that validate, and only then, if more are asked for, new ones.
 */
async function drawTwice(
  teacher: Teacher,
  protocol: TrialProtocol,
  { train, validation, test }: PartCounts,
): Promise<Splits> {
  const features = teacher.network.spec.inputs;
  const outputs = outputsOf(teacher.network.spec);
  const inputs = gaussianInputs({
    samples: Math.max(train + validation, test),
    features,
    seed: protocol.seed,
    trial: dataTrial(protocol),
    purpose: 'train',
  });
  const targets = await teacher.label(inputs);
  const part = (from: number, to: number) =>
    Dataset.create({
      inputs: inputs.slice(from * features, to * features),
      inputCount: features,
      targets: targets.slice(from * outputs, to * outputs),
      targetCount: outputs,
    });
  return { train: part(0, train), validation: part(train, train + validation), test: part(0, test) };
}
