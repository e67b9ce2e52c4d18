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
  ['clamp', [3, 4]],
  ['domain-ai-onnx', [3, 4]],
  ['float', [3, 4]],
  ['half-weights-cast', [3, 4]],
  ['reshape1', [3, 2, 2]],
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
    'expected operators of plain networks in FILE (Gemm, MatMul, Add, Relu, Tanh, Sigmoid, Softplus, Erf, Elu, LeakyRelu, Gelu, ' +
    'Clip, Mul, Softmax, LogSoftmax, Identity, Dropout, Cast, Flatten, Reshape, Transpose, Squeeze, Unsqueeze), received ';
  const oneOutput = (names: string) =>
    `expected a network with one output in FILE, received 2 (${names}). To write a file with one of them: ` +
    'onnx.utils.extract_model(path, new_path, ["x"], [name])';
  const refused: [string, string][] = [
    ['bn', `${operators}BatchNormalization (node "/bn/BatchNormalization")`],
    ['ml-scaler', `${operators}ai.onnx.ml.Scaler (the node that gives "x")`],
    ['norm', `${operators}Sub (node "/Sub")`],
    [
      'scale',
      'expected a tensor times itself (activation quadratic) for Mul (node "/Mul") of FILE, received a product with stored numbers ' +
        '("/Constant_output_0", of shape []), which are not folded into the layers',
    ],
    [
      'weights-first',
      'expected a stored matrix as its second input for MatMul (the node that gives "z1") of FILE, received "W1T" of shape [6, 4] as ' +
        'its first and what goes along the chain as its second, whose samples would be columns. Export a model that takes one row ' +
        'per sample',
    ],
    [
      'external',
      'expected the numbers of tensor "W1" of FILE in the file itself, they are in another one (external data). Save the model in ' +
        'one file: onnx.save(onnx.load(path), path, save_as_external_data=False)',
    ],
    ['two', oneOutput('y, y2')],
    ['two-outputs', oneOutput('label, prob')],
  ];
  it.each(refused)('%s.onnx is refused with the reason', async (name, message) => {
    const path = input(name);
    expect(await rejectionOf(loadNetwork(path))).toBe(`file_unsupported: ${message.replace('FILE', path)}`);
  });

  it('each file of the folder is tried', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
    expect(names.sort()).toEqual([...read, ...refused].map(([name]) => `${name}.onnx`).sort());
  });
});
