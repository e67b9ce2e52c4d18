/**
 * ONNX files that people bring: TDB #3, ComfyUI-GGUF #21, pytorch #126479, #11521, #7612, ultralytics PR #20370, sklearn-onnx #70,
 * #218, DNN-Pruning #8. Each is read as onnxruntime runs it, or refused with what stands in it.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadNetwork } from '../../src/exchange/index.js';
import { relativeDifference } from '../exchange/fixtures.js';
import { ownAnswer, runtimeAnswer, samplesOf } from '../exchange/onnx/onnxruntime.js';
import { rejectionOf } from '../failure.js';

const folder = fileURLToPath(new URL('../fixtures/public-reports/onnx-missing/', import.meta.url));
const input = (name: string) => `${folder}${name}.onnx`;

const tolerance = 1e-5; // both compute in float32

const read: [string, number[]][] = [
  ['bn', [3, 4]],
  ['clamp', [3, 4]],
  ['domain-ai-onnx', [3, 4]],
  ['float', [3, 4]],
  ['half-weights-cast', [3, 4]],
  ['norm', [3, 4]],
  ['reshape1', [3, 2, 2]],
  ['scale', [3, 4]],
  ['viewend', [3, 4]],
  ['viewsize', [3, 2, 2]],
];

describe('ONNX files that people bring', () => {
  it.each(read)('%s.onnx gives the answers of onnxruntime', async (name, shape) => {
    const feed = samplesOf(12);
    const { numbers } = await runtimeAnswer(input(name), 'x', feed, shape);
    const received = await ownAnswer(await loadNetwork(input(name)), feed);
    expect(relativeDifference(received, numbers)).toBeLessThan(tolerance);
  });

  const operators =
    'expected operators of dense and convolutional networks in FILE (Gemm, MatMul, Conv, ConvTranspose, BatchNormalization, MaxPool, ' +
    'AveragePool, GlobalAveragePool, GlobalMaxPool, ReduceMean, Pad, Add, Sum, Sub, Mul, Div, Concat, Relu, Tanh, Sigmoid, Softplus, ' +
    'Erf, Elu, LeakyRelu, Gelu, Clip, Softmax, LogSoftmax, Identity, Dropout, Cast, Flatten, Reshape, Transpose, Squeeze, Unsqueeze), ' +
    'received ';
  const oneOutput = (names: string, first: string) =>
    `expected a network with one output in FILE, received 2 (${names}). Name the one to read: loadNetwork(path, { output: "${first}" }), or ` +
    'prune --output';
  const refused: [string, string][] = [
    ['ml-scaler', `${operators}ai.onnx.ml.Scaler (the node that gives "x")`],
    [
      'weights-first',
      'expected a stored matrix as its second input for MatMul (the node that gives "z1") of FILE, received "W1T" of shape [6, 4] as ' +
        'its first and what the graph computes as its second, whose samples would be columns. Export a model that takes one row ' +
        'per sample',
    ],
    [
      'external',
      'expected the numbers of tensor "W1" of FILE in the file itself, they are in another one (external data). Save the model in ' +
        'one file: onnx.save(onnx.load(path), path, save_as_external_data=False)',
    ],
    ['two', oneOutput('y, y2', 'y')],
    ['two-outputs', oneOutput('label, prob', 'label')],
  ];
  it.each(refused)('%s.onnx is refused with the reason', async (name, message) => {
    const path = input(name);
    expect(await rejectionOf(loadNetwork(path))).toBe(`file_unsupported: ${message.replace('FILE', path)}`);
  });

  it.each([
    ['two', 'y'],
    ['two', 'y2'],
    ['two-outputs', 'prob'],
  ])('%s.onnx is read for the output %s that is named', async (name, output) => {
    const feed = samplesOf(12);
    const path = input(name);
    const { numbers, dims } = await runtimeAnswer(path, 'x', feed, [3, 4], output);
    const loaded = await loadNetwork(path, { output });
    expect(relativeDifference(await ownAnswer(loaded, feed), numbers)).toBeLessThan(tolerance);
    expect(loaded.signature?.output.name).toBe(output);
    expect(loaded.signature?.output.shape?.[1]).toBe(dims[1]);
  });

  it('an output that a file lacks, or of another kind than floats, is refused by its name', async () => {
    expect(await rejectionOf(loadNetwork(input('two'), { output: 'z' }))).toBe(
      `invalid_argument: expected one of the outputs of ${input('two')} (y, y2) for output of loadNetwork, received "z"`,
    );
    expect(await rejectionOf(loadNetwork(input('two-outputs'), { output: 'label' }))).toMatch(
      /^file_unsupported: expected floats for the output "label" of .*, the file declares int64$/,
    );
  });

  it('each file of the folder is tried', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
    expect(names.sort()).toEqual([...read, ...refused].map(([name]) => `${name}.onnx`).sort());
  });
});
