import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOnnx } from '../../../src/exchange/onnx/read-onnx.js';
import { elementTypes, type OnnxNode, type OnnxTensor } from '../../../src/exchange/onnx/schema.js';
import { floatTensor } from '../../../src/exchange/onnx/tensor.js';
import { dense } from '../../../src/network/layers.js';
import { rejectionOf } from '../../failure.js';
import { modelBytes, node, value } from './models.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-onnx-'));
  path = join(folder, 'model.onnx');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const weights = floatTensor('w', [3, 2], [1, 2, 3, 4, 5, 6]);
const second = floatTensor('v', [2, 2], [1, 0, 0, 1]);

interface Graph {
  readonly nodes: OnnxNode[];
  readonly tensors?: OnnxTensor[];
  readonly inputs?: string[];
  readonly outputs?: string[];
  readonly opset?: number;
}

/** Reads a file of this graph: x -> y. */
async function read({
  nodes,
  tensors = [weights, second],
  inputs = ['x'],
  outputs = ['y'],
  opset = 13,
}: Graph) {
  const named = (names: string[]) => names.map((name) => value(name));
  await writeFile(
    path,
    modelBytes({ nodes, tensors, inputs: named(inputs), outputs: named(outputs), opset }),
  );
  return readOnnx(path);
}

const failure = (graph: Graph) => rejectionOf(read(graph));
const layer = node('MatMul', ['x', 'w'], 'h');

describe('readOnnx', () => {
  it('adds up two biases, and skips Identity and Dropout', async () => {
    const nodes = [
      node('Identity', ['x'], 'x2'),
      node('MatMul', ['x2', 'w'], 'a'),
      node('Add', ['a', 'b'], 'c'),
      node('Add', ['d', 'c'], 'e'),
      node('Dropout', ['e', 'ratio'], 'y'),
    ];
    const tensors = [
      weights,
      floatTensor('b', [2], [1, 2]),
      floatTensor('d', [1], [10]),
      floatTensor('ratio', [], [0.5]),
    ];
    const { layers, output } = await read({ nodes, tensors });
    expect(output).toBe('linear');
    expect(layers).toEqual([
      {
        layer: dense(2, { bias: true }),
        tensors: [Float32Array.of(1, 3, 5, 2, 4, 6), Float32Array.of(11, 12)],
      },
    ]);
  });

  it('reads bfloat16 and float16', async () => {
    const words = (dataType: number, ...bits: number[]) =>
      ({
        name: 'w',
        dims: [1, 2],
        dataType,
        rawData: new Uint8Array(Uint16Array.from(bits).buffer),
      }) as const;
    for (const tensor of [
      words(elementTypes.bfloat16, 0x3f80, 0xc0a0),
      words(elementTypes.float16, 0x3c00, 0xc500),
    ]) {
      const { layers } = await read({ nodes: [node('MatMul', ['x', 'w'], 'y')], tensors: [tensor] });
      expect(layers[0]?.tensors).toEqual([Float32Array.of(1, -5)]);
    }
  });

  it('reads arrays in the forms of old exporters: among the inputs, as repeated fields, as Constant nodes', async () => {
    const old: OnnxTensor = { name: 'w', dims: [1, 2], dataType: elementTypes.float, floatData: [1, 2] };
    const bias: OnnxTensor = { dims: [2], dataType: elementTypes.double, doubleData: [3, 4] };
    const nodes = [node('Constant', [], 'b', { value: bias }), node('Gemm', ['x', 'w', 'b'], 'y')];
    const { layers } = await read({ nodes, tensors: [old], inputs: ['x', 'w'] });
    expect(layers[0]?.tensors).toEqual([Float32Array.of(1, 2), Float64Array.of(3, 4)]);
  });
});

describe('what is no feed-forward network', () => {
  it('is refused with the operator: an unknown one', async () => {
    const lrn = { ...node('LRN', ['x'], 'y'), name: '/features/norm1' };
    expect(await failure({ nodes: [lrn] })).toBe(
      `file_unsupported: expected operators of dense and convolutional networks in ${path} (Gemm, MatMul, Conv, ConvTranspose, ` +
        'BatchNormalization, MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool, ReduceMean, Pad, Add, Sum, Sub, Mul, Div, Concat, ' +
        'Relu, Tanh, Sigmoid, Softplus, Erf, Elu, LeakyRelu, Gelu, Clip, Softmax, LogSoftmax, Identity, Dropout, Cast, Flatten, ' +
        'Reshape, Transpose, Squeeze, Unsqueeze), received LRN (node "/features/norm1")',
    );
    const foreign = { ...node('Gelu', ['h'], 'y'), domain: 'com.example' };
    expect(await failure({ nodes: [layer, foreign] })).toMatch(
      /received com\.example\.Gelu \(the node that gives "y"\)$/,
    );
  });

  it.each([
    ['Elu', { alpha: 0.5 }, 'alpha = 1, that of activation elu', 'alpha = 0.5'],
    [
      'LeakyRelu',
      { alpha: -0.25 },
      'an alpha of at least 0, the slope of activation leakyRelu',
      'alpha = -0.25',
    ],
    ['Gelu', { approximate: 'tanh' }, 'the exact GELU', 'approximate = "tanh"'],
    ['Elu', { gamma: 2 }, 'no attributes but alpha', 'attribute gamma'],
    ['Relu', { alpha: 1 }, 'no attributes', 'attribute alpha'],
    ['Elu', { alpha: 'one' }, 'attribute alpha of type float', 'one of ONNX attribute type 3'],
    ['Clip', { min: 0 }, 'no attributes', 'attribute min'],
    ['Cast', { to: 7 }, 'a cast to floats', 'one to int64'],
  ])('is refused with the operator: %s with %j', async (opType, attributes, expected, received) => {
    const nodes = [layer, node(opType, ['h'], 'y', attributes)];
    expect(await failure({ nodes, opset: 20 })).toBe(
      `file_unsupported: expected ${expected} for ${opType} (the node that gives "y") of ${path}, received ${received}`,
    );
  });

  it('is refused with the operator: bounds of Clip that are not those of relu', async () => {
    const clip = (opset: number, min: number, max: number) =>
      opset < 11
        ? { nodes: [layer, node('Clip', ['h'], 'y', { min, max })], opset }
        : {
            nodes: [layer, node('Clip', ['h', 'min', 'max'], 'y')],
            tensors: [weights, floatTensor('min', [], [min]), floatTensor('max', [], [max])],
            opset,
          };
    for (const opset of [10, 13]) {
      expect((await read(clip(opset, 0, 3.4028234663852886e38))).layers[0]?.layer.activation).toBe('relu');
      expect(await failure(clip(opset, 0, 6))).toBe(
        'file_unsupported: expected min = 0 and no max, which is activation relu for Clip (the node that gives "y") of ' +
          `${path}, received min = 0 and max = 6`,
      );
      expect(await failure(clip(opset, -1, Number.POSITIVE_INFINITY))).toMatch(
        /received min = -1 and max = Infinity$/,
      );
    }
    expect(
      (
        await read({
          nodes: [layer, node('Clip', ['h', 'zero'], 'y')],
          tensors: [weights, floatTensor('zero', [], [0])],
        })
      ).layers[0]?.layer.activation,
    ).toBe('relu');
  });

  it('is refused with the operator: products and sums that the graph computes', async () => {
    const tail = ` of ${path}, received `;
    const scale = [layer, node('Mul', ['h', 'w'], 'y')];
    expect(await failure({ nodes: scale })).toBe(
      'file_unsupported: expected stored numbers to multiply by, the same for each sample, for a tensor of shape [?, 2] for Mul (the ' +
        `node that gives "y")${tail}shape [3, 2]`,
    );
    const gate = [layer, node('Sigmoid', ['h'], 's'), node('Mul', ['h', 's'], 'y')];
    expect(await failure({ nodes: gate })).toBe(
      'file_unsupported: expected a tensor times itself (activation quadratic), or times stored numbers for Mul (the node that gives ' +
        `"y")${tail}a product with "s", a tensor that the graph computes`,
    );
    const ratio = [layer, node('Div', ['v', 'h'], 'y')];
    expect(await failure({ nodes: ratio })).toBe(
      `file_unsupported: expected a tensor by stored numbers for Div (the node that gives "y")${tail}a division by "h", a tensor ` +
        'that the graph computes',
    );
    const attention = [layer, node('MatMul', ['h', 'h'], 'y')];
    expect(await failure({ nodes: attention })).toBe(
      `file_unsupported: expected a stored matrix as its second input for MatMul (the node that gives "y")${tail}"h", a ` +
        'tensor that the graph computes',
    );
    const transposed = [node('Gemm', ['x', 'w'], 'y', { transA: 1 })];
    expect(await failure({ nodes: transposed })).toBe(
      `file_unsupported: expected transA = 0 for Gemm (the node that gives "y")${tail}transA = 1, by which samples are columns`,
    );
  });

  it('is refused: nodes out of place', async () => {
    const unknown = (opType: string) =>
      `file_unsupported: expected a known count of numbers per sample for ${opType} (the node that gives "y") of ${path}, received a ` +
      'tensor of no declared shape. Declare the shape in the file';
    expect(await failure({ nodes: [node('Relu', ['x'], 'y')] })).toBe(unknown('Relu'));
    expect(await failure({ nodes: [node('Softmax', ['x'], 'y')] })).toBe(unknown('Softmax'));
    const after = [layer, node('Softmax', ['h'], 's'), node('MatMul', ['s', 'v'], 'y')];
    expect(await failure({ nodes: after })).toBe(
      `file_unsupported: expected at most one softmax, at the end of the network, in ${path}, received MatMul (the node that gives ` +
        '"y") after softmax, which only ends a network',
    );
    const bound = [layer, node('Clip', ['zero', 'h'], 'y')];
    expect(await failure({ nodes: bound, tensors: [weights, floatTensor('zero', [], [0])] })).toBe(
      'file_unsupported: expected what the graph computes as its first input only for Clip (the node that gives "y") of ' +
        `${path}, received "h", which the graph computes, as input 1, counted from 0`,
    );
  });

  it('is refused: graphs that lead nowhere', async () => {
    expect(await failure({ nodes: [layer] })).toBe(
      `file_corrupt: ${path} is not a readable ONNX file: its output "y" is a tensor that nothing in the file gives`,
    );
    expect(await failure({ nodes: [layer, node('Relu', ['w'], 'y')] })).toBe(
      `file_unsupported: expected the input of ${path} to lead to its output, it ends at tensor "x"`,
    );
    expect(
      (await read({ nodes: [layer, node('Relu', ['h'], 'unused')], outputs: ['h'] })).layers,
    ).toHaveLength(1);
    expect(await failure({ nodes: [node('Relu', ['y'], 'a'), node('Relu', ['a'], 'y')] })).toBe(
      `file_corrupt: ${path} is not a readable ONNX file: its graph runs in a circle`,
    );
    expect(await failure({ nodes: [layer], inputs: ['x', 'z'], outputs: ['h'] })).toBe(
      `file_unsupported: expected a network with one input in ${path}, received 2 (x, z)`,
    );
    expect(await failure({ nodes: [layer], outputs: ['h', 'label'] })).toBe(
      `file_unsupported: expected a network with one output in ${path}, received 2 (h, label). Name the one to read: ` +
        'loadNetwork(path, { output: "h" }), or prune --output',
    );
  });

  it('is refused: a formula that is nearly GELU', async () => {
    const gelu = (half: number) => ({
      nodes: [
        layer,
        node('Div', ['h', 'root'], 's'),
        node('Erf', ['s'], 'e'),
        node('Add', ['e', 'one'], 'p'),
        node('Mul', ['h', 'p'], 'm'),
        node('Mul', ['m', 'half'], 'y'),
      ],
      tensors: [
        weights,
        floatTensor('root', [], [Math.SQRT2]),
        floatTensor('one', [], [1]),
        floatTensor('half', [], [half]),
      ],
    });
    expect((await read(gelu(0.5))).layers[0]?.layer.activation).toBe('gelu');
    expect(await failure(gelu(0.4))).toBe(
      'file_unsupported: expected a tensor times itself (activation quadratic), or times stored numbers for Mul (the node that gives ' +
        `"m") of ${path}, received a product with "p", a tensor that the graph computes`,
    );
  });

  it('is refused: numbers in other files, of other kinds, or too few', async () => {
    const tensor = (change: Partial<OnnxTensor>) =>
      failure({ nodes: [node('MatMul', ['x', 'w'], 'y')], tensors: [{ ...weights, ...change }] });
    expect(await tensor({ dataLocation: 1 })).toBe(
      `file_unsupported: expected the numbers of tensor "w" of ${path} in the file itself, they are in another one (external ` +
        'data). Save the model in one file: onnx.save(onnx.load(path), path, save_as_external_data=False)',
    );
    expect(await tensor({ dataType: 3 })).toBe(
      `file_unsupported: expected 16-, 32- or 64-bit floats in tensor "w" of ${path}, received int8. Quantised ` +
        'models cannot be read; export the model in float32',
    );
    expect(await tensor({ dims: [3, 3] })).toBe(
      `file_corrupt: expected 9 numbers of shape [3, 3] in tensor "w" of ${path}, received 6`,
    );
    expect(await tensor({ dims: [6] })).toBe(
      `file_unsupported: expected a stored matrix as its second input for MatMul (the node that gives "y") of ${path}, received ` +
        'shape [6]',
    );
  });

  it('is refused: a bias of another length', async () => {
    const nodes = [layer, node('Add', ['h', 'b'], 'y')];
    expect(await failure({ nodes, tensors: [weights, floatTensor('b', [3], [1, 2, 3])] })).toBe(
      'file_unsupported: expected stored numbers to add, the same for each sample, to a tensor of shape [?, 2] for Add (the ' +
        `node that gives "y") of ${path}, received shape [3]`,
    );
  });

  it('is refused: bytes that are not an ONNX file', async () => {
    await writeFile(path, 'PK\u0003\u0004 not a model');
    expect(await rejectionOf(readOnnx(path))).toMatch(
      /^file_corrupt: .*model\.onnx is not a readable ONNX file: /,
    );
    await writeFile(path, '');
    expect(await rejectionOf(readOnnx(path))).toBe(
      `file_corrupt: ${path} is not a readable ONNX file: it is empty`,
    );
  });
});
