/** Checks that data fit a network and its loss. */
import { EigenstudentError } from '../errors.js';
import type { Dataset } from './dataset.js';
import { sizeOf } from './description.js';
import { asImageShape, type ImageShape, shapeText } from './image-shape.js';
import type { NetworkSpec } from './network-spec.js';
import { layerOf, type Term, termsOf } from './objective.js';

/**
 * @param where who uses the data, as in "student 3"
 * @throws data_mismatch when inputs, outputs, kind of target or a class do not fit the network. (Native code checks
 *   that soft targets are distributions.)
 */
export function checkFits(where: string, data: Dataset, spec: NetworkSpec, needsTargets: boolean): void {
  checkShape(where, data, spec);
  if (data.inputCount !== spec.inputs)
    throw mismatch(
      where,
      `${spec.inputs} inputs per sample, as the network has`,
      `${data.inputCount}`,
      imageAdvice(spec),
    );
  if (needsTargets) for (const term of termsOf(spec.loss)) checkTerm(where, data, spec, term);
}

/** Of a network that reads images. */
function imageAdvice({ inputShape }: NetworkSpec): string {
  if (!inputShape) return '';
  return `A sample is an image of ${inputShape.join(' x ')} (channels x height x width), channel by channel and row by row`;
}

/**
 * Images fit a network of the same shape, or one of as many features; data without a shape fit by their count
 * alone.
 */
function checkShape(where: string, { inputShape: given }: Dataset, spec: NetworkSpec): void {
  const wanted = asImageShape(spec.inputShape);
  if (!wanted || !given || wanted.every((extent, axis) => extent === given[axis])) return;
  throw mismatch(
    where,
    `images of ${shapeText(wanted)} (channels x height x width), as the network has`,
    `images of ${shapeText(given)}`,
    lastAdvice(wanted, given),
  );
}

/** Of images that have the channels last, as TensorFlow keeps them. */
function lastAdvice([channels, height, width]: ImageShape, given: ImageShape): string {
  const isLast = [height, width, channels].every((extent, axis) => extent === given[axis]);
  return isLast
    ? 'The channels are last in the data: move them to the front, in NumPy by x.transpose(0, 3, 1, 2)'
    : '';
}

function checkTerm(where: string, data: Dataset, spec: NetworkSpec, term: Term): void {
  const outputs = sizeOf(spec, layerOf(term, spec.layers));
  if (term.loss === 'crossEntropy') {
    checkClasses(where, data, outputs);
    return;
  }
  if (term.target !== undefined) {
    const values = data.named[term.target];
    const names = Object.keys(data.named).join(', ');
    if (!values) throw mismatch(where, `an array '${term.target}' for a term of the loss`, names || 'none');
    const width = values.length / data.samples;
    if (width === outputs) return;
    throw mismatch(where, `${outputs} numbers per sample in '${term.target}', one per output`, `${width}`);
  }
  const advice = data.classes ? "For classes use loss: 'crossEntropy'" : '';
  const received = data.classes ? 'classes' : 'neither';
  if (!data.targets) throw mismatch(where, `targets for loss '${term.loss}'`, received, advice);
  if (data.targetCount !== outputs)
    throw mismatch(where, `${outputs} targets per sample, one per output`, `${data.targetCount}`);
}

function checkClasses(where: string, { classes, targets }: Dataset, outputs: number): void {
  const advice = targets ? "For targets use loss: 'mse'" : '';
  if (!classes)
    throw mismatch(where, "classes for loss 'crossEntropy'", targets ? 'targets' : 'neither', advice);
  const wrong = classes.findIndex((value) => value >= outputs);
  if (wrong >= 0)
    throw mismatch(where, `classes from 0 to ${outputs - 1}`, `class ${classes[wrong]} of sample ${wrong}`);
}

function mismatch(where: string, expected: string, received: string, advice = ''): EigenstudentError {
  return new EigenstudentError(
    'data_mismatch',
    `${where}: expected data with ${expected}, received ${received}${advice && `. ${advice}`}`,
  );
}
