/** What an ONNX file declares is held against what its nodes make. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadNetwork } from '../../../src/exchange/index.js';
import { elementTypes } from '../../../src/exchange/onnx/schema.js';
import { floatTensor } from '../../../src/exchange/onnx/tensor.js';
import { rejectionOf } from '../../failure.js';
import { type Model, modelBytes, node, type Sizes, sizes, value } from './models.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-declared-'));
  path = join(folder, 'model.onnx');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const w = floatTensor('w', [3, 2], [1, 2, 3, 4, 5, 6]);
const v = floatTensor('v', [2, 2], [1, 0, 0, 1]);
const product = node('MatMul', ['x', 'w'], 'h');
const nodes = [product, node('Relu', ['h'], 'y')];

/** Of a model x -> y; its error, with the path as FILE. */
async function load(model: Partial<Model>) {
  await writeFile(path, modelBytes({ nodes, tensors: [w, v], ...model }));
  return loadNetwork(path);
}
const failure = async (model: Partial<Model>) => (await rejectionOf(load(model))).replaceAll(path, 'FILE');
const corrupt = (reason: string) => `file_corrupt: FILE is not a readable ONNX file: ${reason}`;
const ofInput = (shape: Sizes | undefined, more: Partial<Model> = {}) => ({
  inputs: [value('x', shape)],
  ...more,
});
const ofOutput = (shape: Sizes) => ({ ...ofInput(['N', 3]), outputs: [value('y', shape)] });

describe('the shape that is declared for the input', () => {
  it.each<[string, Sizes | undefined, Sizes | null]>([
    ['with the samples under a name', ['N', 3], ['N', 3]],
    ['with the samples under no name', [null, 3], [null, 3]],
    ['with -1 samples, which is any count', [-1, 3], [null, 3]],
    ['with one sample', [1, 3], [1, 3]],
    ['with numbers under a name', ['N', 'K'], ['N', 'K']],
    ['with an axis of size 1 between', ['N', 1, 3], ['N', 1, 3]],
    ['or none', undefined, ['batch', 3]],
  ])('is kept %s', async (_, shape, kept) => {
    const { network, signature } = await load(ofInput(shape));
    expect(network.spec.inputs).toBe(3);
    expect(signature?.input).toEqual({ name: 'x', shape: kept, elementType: 'float32' });
  });

  it('is refused where samples are not rows of numbers', async () => {
    const rows =
      'expected one row per sample, of shape [samples, numbers], for MatMul (the node that gives "h") of FILE';
    expect(await failure(ofInput(['N', 5, 3]))).toBe(
      `file_unsupported: ${rows}, received a tensor of shape [N, 5, 3], whose samples have several rows each`,
    );
    expect(await failure(ofInput(['N', 'M', 'K']))).toMatch(/a tensor of shape \[N, M, K\], whose samples/);
    expect(await failure(ofInput([3]))).toBe(`file_unsupported: ${rows}, received a tensor of shape [3]`);
    const gemm = [node('Gemm', ['x', 'w'], 'y')];
    expect(await failure(ofInput(['N', 1, 3], { nodes: gemm }))).toBe(
      'file_unsupported: expected one row per sample, of shape [samples, numbers], for Gemm (the node that gives "y") of FILE, ' +
        'received a tensor of shape [N, 1, 3]',
    );
    expect(await failure(ofInput([]))).toBe(
      'file_unsupported: expected an axis of samples, as in [N, 4], for the input "x" of FILE, the file declares a single number, ' +
        'of shape []',
    );
  });

  it('is refused where it contradicts the first matrix, or has no numbers', async () => {
    expect(await failure(ofInput(['N', 4]))).toBe(
      corrupt(
        'MatMul (the node that gives "h") multiplies "x" of shape [N, 4], which has 4 numbers per row, by a matrix of shape [3, 2], ' +
          'which takes 3',
      ),
    );
    expect(await failure(ofInput(['N', 0]))).toBe(
      corrupt('it declares tensor "x" with shape [N, 0], which has no numbers'),
    );
  });

  it('says whether a reshape keeps the rows', async () => {
    const reshaped = (shape: Sizes | undefined, ...target: number[]) =>
      ofInput(shape, {
        nodes: [node('Reshape', ['x', 'to'], 'r'), node('MatMul', ['r', 'w'], 'y')],
        tensors: [w, sizes('to', ...target)],
      });
    for (const [shape, ...target] of [
      [['N', 1, 3], -1, 3],
      [['N', 1, 3], 0, -1],
      [[5, 3, 1], 5, -1],
      [['N', 'M', 'K'], 0, 3],
      [['N', 3], 0, 0],
      [['N', 3], -1, 1, 3],
    ] as [Sizes, ...number[]][])
      expect((await load(reshaped(shape, ...target))).network.spec.inputs).toBe(3);
    const refused = 'for Reshape (the node that gives "r") of FILE, received shape';
    const expected = `file_unsupported: expected one row per sample, its numbers in their order, ${refused}`;
    expect(await failure(reshaped(['N', 6], -1, 3))).toBe(`${expected} [-1, 3] for a tensor of shape [N, 6]`);
    expect(await failure(reshaped(['N', 3], 5, -1))).toBe(`${expected} [5, -1] for a tensor of shape [N, 3]`);
    expect(await failure(reshaped(['N', 'M'], -1, 3))).toBe(
      `${expected} [-1, 3] for a tensor of shape [N, M]; the file does not say how many numbers a sample has. Declare that in the ` +
        'file',
    );
    expect(await failure(reshaped(['N', 3], 0, 4))).toBe(
      corrupt(
        'Reshape (the node that gives "r") gives shape [0, 4] for a tensor of shape [N, 3], which has another count of numbers',
      ),
    );
  });
});

describe('other declarations', () => {
  it('of the output are kept, or refused where the nodes make another shape', async () => {
    expect((await load(ofOutput(['M', 2]))).signature?.output.shape).toEqual(['M', 2]);
    expect(await failure(ofOutput(['N', 3]))).toBe(
      corrupt('it declares tensor "y" with shape [N, 3], its nodes make it [N, 2]'),
    );
    expect(await failure(ofOutput(['N', 2, 1]))).toMatch(
      /declares tensor "y" with shape \[N, 2, 1\], its nodes make it \[N, 2\]$/,
    );
    expect(await failure({ inputs: [value('x', [4, 3])], outputs: [value('y', [5, 2])] })).toBe(
      corrupt('it declares tensor "y" with shape [5, 2], its nodes make it [4, 2]'),
    );
  });

  it('of an intermediate tensor are checked against the shapes that the nodes compute', async () => {
    expect(await failure(ofInput(['N', 3], { values: [value('h', ['N', 7])] }))).toBe(
      corrupt('it declares tensor "h" with shape [N, 7], its nodes make it [N, 2]'),
    );
    expect((await load(ofInput(['N', 3], { values: [value('h', ['M', 2])] }))).network.spec.inputs).toBe(3);
  });

  it('of an array that is stored and an input too are checked against the array', async () => {
    const inputs = (shape: Sizes) => ({ inputs: [value('x', ['N', 3]), value('w', shape)] });
    expect((await load(inputs([3, 2]))).network.spec.inputs).toBe(3);
    expect(await failure(inputs([2, 3]))).toBe(
      corrupt('it holds tensor "w" of shape [3, 2], and declares it [2, 3]'),
    );
  });

  it.each([
    [elementTypes.double, 'float64'],
    [elementTypes.float16, 'float16'],
    [elementTypes.bfloat16, 'bfloat16'],
  ])('of a kind of floats, ONNX data type %i, are kept', async (type, kept) => {
    const outputs = [value('y', ['N', 2], type)];
    const { signature } = await load({ inputs: [value('x', ['N', 3], type)], outputs });
    expect([signature?.input.elementType, signature?.output.elementType]).toEqual([kept, kept]);
  });

  it('of a float type are refused where the nodes compute another one', async () => {
    const inputs = [value('x', ['N', 3])];
    const outputs = [value('y', ['N', 2], elementTypes.double)];
    expect(await failure({ inputs, outputs })).toBe(
      corrupt('it declares tensor "y" with numbers of type float64, its nodes make it float32'),
    );
    const cast = node('Cast', ['h'], 'y', { to: elementTypes.double });
    expect((await load({ inputs, outputs, nodes: [product, cast] })).signature?.output.elementType).toBe(
      'float64',
    );
  });

  it('of other kinds are refused by name', async () => {
    expect(await failure({ inputs: [value('x', ['N', 3], 2)] })).toBe(
      'file_unsupported: expected floats for the input "x" of FILE, the file declares uint8',
    );
    expect(await failure({ outputs: [value('y', ['N'], 8)] })).toBe(
      'file_unsupported: expected floats for the output "y" of FILE, the file declares string',
    );
    const map = { name: 'y', type: { mapType: new Uint8Array([8, 7]) } };
    expect(await failure({ outputs: [map] })).toBe(
      'file_unsupported: expected a tensor for the output "y" of FILE, the file declares a map',
    );
  });
});

describe('names', () => {
  it('that two parts of a file define are refused', async () => {
    const twice = (name: string) => corrupt(`more than one of its parts gives the tensor "${name}"`);
    expect(await failure({ nodes: [...nodes, node('Tanh', ['h'], 'y')] })).toBe(twice('y'));
    expect(await failure({ tensors: [w, w] })).toBe(twice('w'));
    expect(await failure({ inputs: [value('x'), value('x')] })).toBe(twice('x'));
    expect(await failure({ nodes: [product, node('Relu', ['h'], 'w')] })).toBe(twice('w'));
  });

  it('that nothing in the file defines are refused', async () => {
    expect(await failure({ nodes: [node('MatMul', ['x', 'q'], 'y')] })).toBe(
      corrupt('MatMul (the node that gives "y") takes the tensor "q", which nothing in the file gives'),
    );
  });
});

describe('the version of the operators', () => {
  const imports = (...versions: [string, number][]) => ({
    imports: versions.map(([domain, version]) => ({ domain, version })),
  });

  it('is that of ONNX’s own domain, which has two names', async () => {
    const softmax = [product, node('Softmax', ['h'], 'y')];
    for (const domain of ['', 'ai.onnx']) {
      const named = { ...softmax[1], domain: 'ai.onnx' } as (typeof softmax)[number];
      const { output } = await load({ nodes: [product, named], ...imports(['ai.onnx.ml', 3], [domain, 11]) });
      expect(output).toBe('softmax');
    }
  });

  it('is refused where it is unknown, missing, or given twice', async () => {
    const refused = (version: number) =>
      `file_unsupported: expected a version of the operators from 7 to 26 in FILE, received opset ${version}. Export the model with ` +
      'opset_version=13, or convert it with onnx.version_converter.convert_version(model, 13)';
    expect(await failure({ opset: 6 })).toBe(refused(6));
    expect(await failure({ opset: 27 })).toBe(refused(27));
    expect(await failure(imports(['ai.onnx.ml', 3]))).toBe(
      corrupt('it does not say which version of the operators it uses (opset_import)'),
    );
    expect(await failure(imports(['', 11], ['ai.onnx', 13]))).toBe(
      corrupt('it says that it uses versions 11 and 13 of the operators (opset_import)'),
    );
  });

  it('determines which operators exist, and their attributes', async () => {
    const gelu = { nodes: [product, node('Gelu', ['h'], 'y')] };
    expect((await load({ ...gelu, opset: 20 })).network.spec.layers[0]?.activation).toBe('gelu');
    expect(await failure(gelu)).toBe(
      'file_unsupported: expected opset 20 or newer for Gelu (the node that gives "y") of FILE, received opset 13, which lacks that ' +
        'operator',
    );
    const squeezed = { nodes: [product, node('Squeeze', ['h'], 'y', { axes: [1] })] };
    expect(await failure(squeezed)).toMatch(
      /expected no attributes for Squeeze .*, received attribute axes$/,
    );
  });

  it('determines the axes of a softmax', async () => {
    const over = (opset: number, axis: number | undefined, shape: Sizes = ['N', 3]) => ({
      nodes: [product, node('Softmax', ['h'], 'y', axis === undefined ? {} : { axis })],
      opset,
      ...ofInput(shape),
    });
    for (const [opset, axis, shape] of [
      [11, undefined, ['N', 3]],
      [11, undefined, ['N', 1, 3]],
      [11, 2, ['N', 1, 3]],
      [13, undefined, ['N', 1, 3]],
      [13, 1, ['N', 3]],
      [13, 2, ['N', 1, 3]],
    ] as [number, number | undefined, Sizes][])
      expect((await load(over(opset, axis, shape))).output).toBe('softmax');
    const refused = (axis: number, opset: number, shape: string) =>
      'file_unsupported: expected the axis of the outputs of a sample for Softmax (the node that gives "y") of FILE, received axis ' +
      `${axis} of opset ${opset} for a tensor of shape ${shape}`;
    expect(await failure(over(13, 0))).toBe(refused(0, 13, '[N, 2]'));
    expect(await failure(over(11, 0))).toBe(refused(0, 11, '[N, 2]'));
    expect(await failure(over(13, 1, ['N', 1, 3]))).toBe(refused(1, 13, '[N, 1, 2]'));
    expect(await failure(over(13, 5))).toBe(
      corrupt('Softmax (the node that gives "y") names axis 5 of a tensor that has 2'),
    );
  });

  it('does not make a function of the file the operator of its name', async () => {
    expect(await failure({ functions: [{ domain: '', name: 'Relu' }] })).toMatch(
      /received ai\.onnx\.Relu, a function of the file, \(the node that gives "y"\)$/,
    );
  });
});

describe('what is added to the answers of a layer', () => {
  const added = (shape: number[], tensorShape: Sizes = ['N', 3], reverse = false) => {
    const count = shape.reduce((all, size) => all * size, 1);
    const operands = reverse ? ['b', 'h'] : ['h', 'b'];
    return {
      nodes: [product, node('Add', operands, 'y')],
      tensors: [
        w,
        floatTensor(
          'b',
          shape,
          Array.from({ length: count }, (_, i) => i + 1),
        ),
      ],
      ...ofInput(tensorShape),
    };
  };

  it.each<[number[], number[]]>([
    [[], [1, 1]],
    [[1], [1, 1]],
    [[2], [1, 2]],
    [
      [1, 2],
      [1, 2],
    ],
    [
      [1, 1],
      [1, 1],
    ],
  ])('is a bias where it has shape %j', async (shape, bias) => {
    for (const reverse of [false, true]) {
      const { network } = await load(added(shape, ['N', 3], reverse));
      expect(Array.from(network.tensor('layers.0.bias'))).toEqual(bias);
    }
  });

  it.each<[number[], Sizes]>([
    [
      [2, 1],
      [2, 3],
    ],
    [
      [5, 1],
      ['N', 3],
    ],
    [
      [2, 2],
      [2, 3],
    ],
    [
      [1, 1, 2],
      ['N', 3],
    ],
    [[3], ['N', 3]],
  ])('is refused where it has shape %j beside an input %j', async (shape, input) => {
    expect(await failure(added(shape, input))).toBe(
      `file_unsupported: expected stored numbers to add, the same for each sample, to a tensor of shape [${input[0]}, 2] for Add (the ` +
        `node that gives "y") of FILE, received shape [${shape.join(', ')}]`,
    );
  });

  it('is refused where it is made of stored numbers by an operator that is not computed, or of integers', async () => {
    const computed = [node('Exp', ['v'], 'e'), product, node('Add', ['h', 'e'], 'y')];
    expect(await failure({ nodes: computed })).toMatch(
      /received "e", which Exp \(the node that gives "e"\) makes of stored numbers$/,
    );
    const integers = { nodes: [product, node('Add', ['h', 'i'], 'y')], tensors: [w, sizes('i', 1, 2)] };
    expect(await failure(integers)).toMatch(/received numbers of type int64$/);
  });
});
