import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportSafetensors, loadNetwork } from '../../src/exchange/index.js';
import { readSafetensors, safeTensor, writeSafetensors } from '../../src/files/safetensors.js';
import { outputsOf } from '../../src/network/description.js';
import { dense, spectral } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { rejectionOf } from '../failure.js';
import { fixture, inputs, mapped, outputs, relativeDifference } from './fixtures.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-exchange-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Answers of a few float32 matrix products of numbers near 1; doubles agree to rounding of the text in expected.json. */
const tolerance = { float32: 2e-6, float64: 1e-12 };

describe('loadNetwork', () => {
  it.each(Object.keys(outputs))('reads a network with the outputs of %s', async (name) => {
    const { network, output } = await loadNetwork(fixture(name));
    const answers = await network.predict(network.dtype === 'float32' ? Float32Array.from(inputs) : inputs);
    const received = mapped(answers, outputsOf(network.spec), output);
    // float16 weights and float32 biases make doubles beside doubles
    expect(relativeDifference(received, outputs[name] as number[])).toBeLessThan(tolerance[network.dtype]);
  });

  it('reads the paper’s Keras layers as spectral ones, signs as they are', async () => {
    const { network } = await loadNetwork(fixture('keras.npz'));
    expect(network.spec.layers.map(({ kind }) => kind)).toEqual(['spectral', 'dense']);
    expect(network.shape('layers.0.eigenvectors')).toEqual([6, 4]);
    expect(network.tensor('layers.0.eigenvaluesIn').every((value: number) => value !== 0)).toBe(true);
    expect(network.spec.layers[0]?.tensors).toMatchObject({ eigenvaluesIn: { trainable: false } });
  });

  it('chooses crossEntropy after softmax, unless another loss is given', async () => {
    const path = fixture('torch-relu-softmax.onnx');
    expect((await loadNetwork(path)).network.spec.loss).toBe('crossEntropy');
    expect((await loadNetwork(path, { loss: 'mse' })).network.spec.loss).toBe('mse');
    expect((await loadNetwork(fixture('torch-gelu.onnx'))).network.spec.loss).toBe('mse');
  });

  it('reads files of this package as they are', async () => {
    const path = join(folder, 'own.safetensors');
    const layers = [spectral(3, { activation: 'erf', bias: true }), dense(2)];
    const network = Network.create({ inputs: 4, layers, loss: 'crossEntropy' }, { seed: 1 });
    await network.save(path);
    const loaded = await loadNetwork(path);
    expect(loaded.network.spec).toEqual(network.spec);
    expect(loaded.network.parameters).toEqual(network.parameters);
  });

  it('reads PyTorch’s names with a description, given or beside the file', async () => {
    const path = join(folder, 'torch.safetensors');
    const weight = Float32Array.of(1, 2, 3, 4, 5, 6);
    const bias = Float32Array.of(7, 8);
    await writeSafetensors(
      path,
      new Map(Object.entries({ 'fc.weight': safeTensor(weight, [2, 3]), 'fc.bias': safeTensor(bias) })),
    );
    const description = { layers: [{ weight: 'fc.weight', bias: 'fc.bias', activation: 'relu' }] } as const;
    const { network } = await loadNetwork(path, { description });
    expect(network.tensor('layers.0.weights')).toEqual(weight);
    expect(network.tensor('layers.0.bias')).toEqual(bias);
    expect(network.spec).toMatchObject({
      inputs: 3,
      layers: [{ kind: 'dense', width: 2, activation: 'relu' }],
    });
    await writeFile(join(folder, 'torch.json'), JSON.stringify(description));
    expect((await loadNetwork(path)).network.parameters).toEqual(network.parameters);
  });
});

describe('exportSafetensors', () => {
  it('writes PyTorch’s names, and loadNetwork reads them without a description', async () => {
    const path = join(folder, 'exported.safetensors');
    const layers = [
      spectral(3, { activation: 'tanh', bias: true, initialize: { bias: 0.5, eigenvaluesIn: 0.25 } }),
      dense(2),
    ];
    const network = Network.create({ inputs: 4, layers }, { seed: 1, dtype: 'float64' });
    await exportSafetensors(network, path, { output: 'softmax' });
    const { tensors, metadata } = await readSafetensors(path);
    expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual([
      ['layers.0.weight', [3, 4]],
      ['layers.0.bias', [3]],
      ['layers.1.weight', [2, 3]],
    ]);
    expect(metadata.format).toBe('pt');
    const loaded = await loadNetwork(path);
    expect(loaded.output).toBe('softmax');
    expect(await loaded.network.predict(inputs)).toEqual(await network.predict(inputs));
  });
});

describe('loadNetwork, for files that cannot be read,', () => {
  async function safetensors(name: string, tensors: Record<string, number[]>): Promise<string> {
    const path = join(folder, name);
    const entries = Object.entries(tensors).map(
      ([tensor, shape]) =>
        [tensor, safeTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)] as const,
    );
    await writeSafetensors(path, new Map(entries));
    return path;
  }

  it('refuses a missing tensor, listing the existing ones', async () => {
    const path = await safetensors('missing.safetensors', { 'fc1.weight': [2, 3], 'fc1.bias': [2] });
    const description = { layers: [{ weight: 'fc1.weigth' }] };
    expect(await rejectionOf(loadNetwork(path, { description }))).toBe(
      `invalid_network: expected tensor "fc1.weigth" in ${path}, found none of that name; it has fc1.weight, fc1.bias. Did ` +
        'you mean "fc1.weight"?',
    );
  });

  it('refuses shapes that do not chain', async () => {
    const path = await safetensors('chain.safetensors', { a: [5, 3], b: [2, 4] });
    const description = { layers: [{ weight: 'a' }, { weight: 'b' }] };
    expect(await rejectionOf(loadNetwork(path, { description }))).toBe(
      `invalid_network: expected layer 1 ("b") of ${path} to take the 5 outputs of layer 0 ("a"), received a matrix that ` +
        'takes 4. Name the layers in the order in which they follow one another',
    );
  });

  it('refuses an array of another shape', async () => {
    const path = await safetensors('shapes.safetensors', { a: [5, 3], b: [4], c: [2, 3, 1] });
    const load = (layer: object) => rejectionOf(loadNetwork(path, { description: { layers: [layer] } }));
    expect(await load({ weight: 'a', bias: 'b' })).toBe(
      `invalid_network: expected tensor "b" of ${path} to be 5 numbers, received shape [4]`,
    );
    expect(await load({ kernel: 'c' })).toBe(
      `invalid_network: expected tensor "c" of ${path} to be a matrix, received shape [2, 3, 1]`,
    );
  });

  it('refuses integers for weights', async () => {
    const path = join(folder, 'integers.safetensors');
    await writeSafetensors(path, new Map([['a', safeTensor(new Uint32Array(6), [2, 3])]]));
    expect(await rejectionOf(loadNetwork(path, { description: { layers: [{ weight: 'a' }] } }))).toBe(
      `invalid_network: expected tensor "a" of ${path} to hold floats of 16, 32 or 64 bits, received U32. Convert it before ` +
        'the file is written, as with tensor.float()',
    );
  });

  it('refuses a file without a description', async () => {
    const path = join(folder, 'alone.npz');
    await copyFile(fixture('keras.npz'), path);
    expect(await rejectionOf(loadNetwork(path))).toBe(
      `invalid_argument: expected a description of ${path}, which does not say which arrays are which layers: pass one, or ` +
        `write it to ${join(folder, 'alone.json')}, as in {"layers": [{"weight": "fc1.weight", "bias": "fc1.bias", ` +
        '"activation": "relu"}, ...]} (kernel for [inputs][outputs]; base and diag_end for a spectral layer). The file has ' +
        'spectral/base:0, spectral/diag_start:0, spectral/diag_end:0, dense/kernel:0, dense/bias:0',
    );
  });

  it('refuses NPZ with arrays of objects', async () => {
    const description = { layers: [{ base: 'base', diag_end: 'diag_end' }] };
    expect(await rejectionOf(loadNetwork(fixture('objects.npz'), { description }))).toMatch(
      /^file_unsupported: array diag_end of .*objects\.npz holds an array of Python objects/,
    );
  });

  it('refuses a file of unknown kind, and a missing file', async () => {
    expect(await rejectionOf(loadNetwork('model.pt'))).toBe(
      'invalid_argument: expected a path that ends in .safetensors, .npz, .onnx for the file of a network, received ' +
        '"model.pt". PyTorch writes such files with safetensors.torch.save_file(model.state_dict(), path) and ' +
        'torch.onnx.export, Keras with numpy.savez(path, **arrays)',
    );
    expect(await rejectionOf(loadNetwork(join(folder, 'none.onnx')))).toMatch(
      /^file_unreadable: cannot read .*none\.onnx: ENOENT/,
    );
  });

  it.each([
    [{}, 'expected an array of at least one layer for layers of description, received undefined'],
    [
      { layers: [{}] },
      'expected exactly one of weight, kernel and base in layer 0 of description, received none',
    ],
    [
      { layers: [{ weight: 'a', kernel: 'b' }] },
      'expected exactly one of weight, kernel and base in layer 0 of description, received weight and kernel',
    ],
    [
      { layers: [{ weight: 1 }] },
      'expected the name of an array for weight of layer 0 of description, received 1',
    ],
    [
      { layers: [{ base: 'a' }] },
      'expected the name of an array, as base has eigenvalues for diag_end of layer 0 of description, received undefined',
    ],
    [
      { layers: [{ weight: 'a', diag_end: 'b' }] },
      'expected none beside a weight or a kernel for diag_end of layer 0 of description, received "b"',
    ],
    [
      { layers: [{ weight: 'a', activation: 'relu6' }] },
      'expected one of linear, relu, leakyRelu, elu, tanh, sigmoid, softplus, gelu, erf, quadratic, scaledErf for activation of layer 0 of ' +
        'description, received "relu6". Did you mean "relu"?',
    ],
    [
      { layers: [{ weight: 'a', biass: 'b' }] },
      'unknown option "biass" in layer 0 of description; known: weight, kernel, base, diag_end, diag_start, bias, activation, ' +
        'slope. Did you mean "bias"?',
    ],
    [
      { layers: [{ weight: 'a', activation: 'relu', slope: 0.2 }] },
      'expected none without activation leakyRelu for slope of layer 0 of description, received 0.2',
    ],
    [
      { layers: [{ weight: 'a', activation: 'leakyRelu', slope: -1 }] },
      'expected a finite number of at least 0 for slope of layer 0 of description, received -1',
    ],
    [
      { layers: [{ weight: 'a' }], output: 'argmax' },
      'expected one of linear, softmax, logSoftmax for output of description, received "argmax"',
    ],
  ])('refuses the description %j', async (description, message) => {
    const path = await safetensors('any.safetensors', { a: [2, 3] });
    expect(await rejectionOf(loadNetwork(path, { description: description as never }))).toBe(
      `invalid_argument: ${message}`,
    );
  });

  it('refuses a description that is not JSON', async () => {
    const path = await safetensors('broken.safetensors', { a: [2, 3] });
    const description = join(folder, 'broken.json');
    await writeFile(description, '{');
    expect(await rejectionOf(loadNetwork(path, { description }))).toMatch(
      /^file_corrupt: .*broken\.json is not JSON: /,
    );
  });
});
