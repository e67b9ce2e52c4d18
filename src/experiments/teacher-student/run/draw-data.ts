/** Generates the teacher of a trial and the data that it labels. */
import { gaussianInputsSteps } from '../../../data/gaussian.js';
import type { PartCounts, Splits } from '../../../data/splits.js';
import { Dataset } from '../../../network/dataset.js';
import { outputsOf } from '../../../network/description.js';
import { inTurns } from '../../../steps.js';
import { Teacher } from '../../../teacher/teacher.js';
import { problemOf } from '../protocol/problem.js';
import { dataTrial, type StudentProtocol, sharesSeed } from '../protocol/trial.js';

/** A teacher that is generated from its numbers. */
export function teacherOf({ teacher }: Pick<StudentProtocol, 'teacher'>): Teacher {
  if (teacher?.kind !== 'paper') throw new TypeError('a teacher from a file is read, not made');
  const { kind: _, ...options } = teacher;
  return Teacher.paper(options);
}

/** Gaussian inputs with the teacher's labels. */
export async function drawData(
  teacher: Teacher,
  protocol: StudentProtocol,
  signal?: AbortSignal,
): Promise<Splits> {
  const { samples } = problemOf(protocol);
  if (sharesSeed(protocol)) return drawTwice(teacher, protocol, samples, signal);
  const { train, validation, test } = samples;
  const { seed } = protocol;
  const trial = dataTrial(protocol);
  return teacher.dataset({ train, validation, test, seed, trial, signal });
}

/**
 * Inputs of a generator that is seeded again before the test inputs are drawn: the test patterns are the training
 * patterns, then the validation patterns, and only then, if more are requested, new ones.
 */
async function drawTwice(
  teacher: Teacher,
  protocol: StudentProtocol,
  { train, validation, test }: PartCounts,
  signal: AbortSignal | undefined,
): Promise<Splits> {
  const features = teacher.network.spec.inputs;
  const outputs = outputsOf(teacher.network.spec);
  const drawing = gaussianInputsSteps({
    samples: Math.max(train + validation, test),
    features,
    seed: protocol.seed,
    trial: dataTrial(protocol),
    purpose: 'train',
  });
  const inputs = await inTurns(drawing, signal);
  const targets = await teacher.label(inputs, signal);
  const part = (from: number, to: number) =>
    inTurns(
      Dataset.createSteps({
        inputs: inputs.slice(from * features, to * features),
        inputCount: features,
        targets: targets.slice(from * outputs, to * outputs),
        targetCount: outputs,
      }),
      signal,
    );
  return {
    train: await part(0, train),
    validation: await part(train, train + validation),
    test: await part(0, test),
  };
}
