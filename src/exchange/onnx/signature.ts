/** Names, shapes and types of the input and the output of an ONNX file, which programs depend on. */
import { invalid, knownKeys, oneOf } from '../../arguments.js';
import { EigenstudentError } from '../../errors.js';
import { type FloatType, floatTypes, numbersPerSample, shapeText } from './shapes.js';

/** An input or an output of an ONNX file. */
export interface OnnxTensorSignature {
  readonly name: string;
  /**
   * The samples first, as in ['N', 28, 28]: sizes, names of sizes that are left open, or null for one without
   * a name. Null for an input of any shape that is flattened to rows.
   */
  readonly shape: readonly (number | string | null)[] | null;
  readonly elementType: FloatType;
  /**
   * Of an input of images [samples, height, width, channels], from a file that was loaded with `inputLayout`: the network takes
   * them with the channels first, and an exported file moves them there.
   */
  readonly layout?: 'channelsLast';
}

/** What loadNetwork() finds in an ONNX file and exportOnnx() writes again. */
export interface OnnxSignature {
  readonly input: OnnxTensorSignature;
  readonly output: OnnxTensorSignature;
}

/** 'input "x" [N, 2, 2] and output "y" [N, 3]', for messages. */
export function signatureText({ input, output }: OnnxSignature): string {
  const text = ({ name, shape, elementType }: OnnxTensorSignature) =>
    `${JSON.stringify(name)} ${shapeText(shape ?? undefined)}${elementType === 'float32' ? '' : ` of ${elementType}`}`;
  return `input ${text(input)} and output ${text(output)}`;
}

/**
 * @param inputs, outputs shapes of a sample of the network's input and output
 * @throws invalid_argument unless a sample of the signature's has as many numbers
 */
export function checkSignature(
  signature: OnnxSignature,
  inputs: readonly number[],
  outputs: readonly number[],
): void {
  knownKeys('signature of exportOnnx', signature, ['input', 'output']);
  for (const [what, sample] of [['input', inputs] as const, ['output', outputs] as const]) {
    const numbers = sample.reduce((product, size) => product * size, 1);
    const where = `${what} of signature of exportOnnx`;
    const tensor = signature[what];
    knownKeys(where, tensor, ['name', 'shape', 'elementType', ...(what === 'input' ? ['layout'] : [])]);
    oneOf(`elementType of ${where}`, tensor.elementType, Object.values(floatTypes));
    const { shape } = tensor;
    if (tensor.layout !== undefined) checkLayout(where, tensor, sample);
    if (shape === null && what === 'input') continue;
    if (!Array.isArray(shape) || shape.length === 0 || !shape.every(isSize))
      throw invalid(
        `shape of ${where}`,
        "an array of sizes, of names of sizes and of null, as in ['N', 4]",
        shape,
      );
    const there = numbersPerSample(shape);
    if (there === numbers || (there === null && what === 'input')) continue;
    throw new EigenstudentError(
      'invalid_argument',
      `expected ${numbers} numbers per sample, as many as the network has, for shape of ${where}, received ${shapeText(shape)}`,
    );
  }
}

/** Images with the channels last have the extents of the network's, if it takes images. */
function checkLayout(where: string, { layout, shape }: OnnxTensorSignature, sample: readonly number[]): void {
  oneOf(`layout of ${where}`, layout, ['channelsLast']);
  const [channels, ...extents] = sample;
  const isImage = shape?.length === 4 && shape.slice(1).every((size) => typeof size === 'number');
  if (isImage && (sample.length === 1 || shape.slice(1).join() === [...extents, channels].join())) return;
  const expected = sample.length === 3 ? [...extents, channels] : ['height', 'width', 'channels'];
  throw new EigenstudentError(
    'invalid_argument',
    `expected the shape [.., ${expected.join(', ')}] for ${where} with layout 'channelsLast', as the network takes ` +
      `[${sample.join(', ')}], received ${shapeText(shape ?? undefined)}`,
  );
}

function isSize(size: unknown): boolean {
  return size === null || typeof size === 'string' || (Number.isSafeInteger(size) && (size as number) > 0);
}
