import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  exportOnnx,
  loadNetwork,
  type OnnxExportOptions,
  type OnnxSignature,
} from '../../../src/exchange/index.js';
import { outputsOf } from '../../../src/network/description.js';
import { activations, dense, spectral } from '../../../src/network/layers.js';
import { Network } from '../../../src/network/network.js';
import { seededRandom } from '../../../src/network/random.js';
import { rejectionOf } from '../../failure.js';
import { mapped, relativeDifference } from '../fixtures.js';
import { runtimeAnswer, samplesOf } from './onnxruntime.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-onnx-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is asked of an exported network; both sides compute in float32, with their own erf, exp and tanh. */
const tolerance = 1e-5;

const random = seededRandom(7);
const samples = 17;

function inputsFor(network: Network): Float32Array {
  return Float32Array.from({ length: samples * network.spec.inputs }, () => 4 * random() - 2);
}

/** What onnxruntime, which checks the model as it loads it, answers. */
async function run(path: string, inputs: Float32Array, width: number): Promise<Float32Array> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  expect(session.inputNames).toEqual(['input']);
  const { output } = await session.run({
    input: new Tensor('float32', inputs, [inputs.length / width, width]),
  });
  return output?.data as Float32Array;
}

const cases = activations.flatMap((activation) =>
  [false, true].map((bias) => ({ activation, bias, width: bias ? 31 : 1 })),
);

describe('exportOnnx', () => {
  it.each(cases)(
    'has the same outputs under onnxruntime: $activation, bias $bias, width $width',
    async (one) => {
      const { activation, bias, width } = one;
      const initialize = bias ? { bias: 0.3 } : {};
      const layers = [
        spectral(width, { activation, bias, initialize }),
        dense(5, { activation, bias, initialize }),
        dense(2),
      ];
      const network = Network.create({ inputs: 3, layers }, { seed: 3 });
      const path = join(folder, `${activation}-${bias}.onnx`);
      await exportOnnx(network, path);
      const inputs = inputsFor(network);
      const here = await network.predict(inputs);
      expect(relativeDifference(await run(path, inputs, 3), here)).toBeLessThan(tolerance);
      // and back: the same numbers, spectral layers as the matrices that they apply
      const { network: again } = await loadNetwork(path);
      expect(again.spec.layers.map((layer) => layer.activation)).toEqual([activation, activation, 'linear']);
      for (const layer of layers.keys())
        expect(again.effectiveWeights(layer)).toEqual(network.effectiveWeights(layer));
      expect(await again.predict(inputs)).toEqual(await again.clone().predict(inputs));
      expect(relativeDifference(await again.predict(inputs), here)).toBeLessThan(tolerance);
    },
  );

  it.each(['softmax', 'logSoftmax'] as const)('ends in %s where that is given', async (output) => {
    const layers = [dense(8, { activation: 'relu' }), dense(4, { bias: true })];
    const network = Network.create(
      { inputs: 3, layers, loss: 'crossEntropy' },
      { seed: 4, dtype: 'float64' },
    );
    const path = join(folder, `${output}.onnx`);
    await exportOnnx(network, path, { output });
    const inputs = inputsFor(network);
    const wanted = mapped(await network.predict(inputs), outputsOf(network.spec), output);
    expect(relativeDifference(await run(path, inputs, 3), wanted)).toBeLessThan(tolerance);
    expect(await loadNetwork(path)).toMatchObject({ output, network: { spec: { loss: 'crossEntropy' } } });
  });

  it('refuses numbers that float32 cannot hold', async () => {
    const layers = [dense(1, { initialize: { weights: 1e300 } })];
    const network = Network.create({ inputs: 1, layers }, { seed: 5, dtype: 'float64' });
    expect(await rejectionOf(exportOnnx(network, join(folder, 'large.onnx')))).toBe(
      'invalid_argument: expected a number that float32 can hold (magnitude below 3.4e38) for weights of layer 0[0], received ' +
        "1e+300. Scale the data or use dtype 'float64'",
    );
  });

  describe('names and shapes', () => {
    const network = () =>
      Network.create({ inputs: 4, layers: [dense(3, { activation: 'relu' }), dense(1)] }, { seed: 8 });
    const path = () => join(folder, 'named.onnx');
    const signature: OnnxSignature = {
      input: { name: 'x', shape: ['N', 2, 2], elementType: 'float32' },
      output: { name: 'y', shape: ['N'], elementType: 'float32' },
    };

    it.each<[string, OnnxSignature, number[], number[]]>([
      ['of images and of one answer per sample', signature, [5, 2, 2], [5]],
      [
        'of one axis, of float64, and of names that the file itself uses',
        {
          input: { name: 'layers', shape: [null, 4, 1], elementType: 'float64' },
          output: { name: '_layers.0', shape: [5, 1, 1], elementType: 'float64' },
        },
        [5, 4, 1],
        [5, 1, 1],
      ],
      [
        'of an input that is flattened whatever its shape',
        { ...signature, input: { name: 'x', shape: null, elementType: 'float32' } },
        [5, 4, 1],
        [5],
      ],
    ])('%s are written as they were read', async (_, given, fed, dims) => {
      const student = network();
      await exportOnnx(student, path(), { signature: given });
      const inputs = samplesOf(20);
      const feed = given.input.elementType === 'float64' ? Float64Array.from(inputs) : inputs;
      const answer = await runtimeAnswer(path(), given.input.name, feed, fed);
      expect(answer).toMatchObject({ output: given.output.name, dims, type: given.output.elementType });
      expect(relativeDifference(answer.numbers, await student.predict(inputs))).toBeLessThan(tolerance);
      const again = await loadNetwork(path());
      expect(again.signature).toEqual(given);
      expect(again.network.tensor('layers.0.weights')).toEqual(student.tensor('layers.0.weights'));
    });

    it('of one number per sample may be a single axis', async () => {
      const student = Network.create({ inputs: 1, layers: [dense(1)] }, { seed: 9 });
      const input = { name: 'x', shape: ['N'], elementType: 'float32' } as const;
      await exportOnnx(student, path(), { signature: { ...signature, input } });
      const answer = await runtimeAnswer(path(), 'x', samplesOf(5), [5]);
      expect(relativeDifference(answer.numbers, await student.predict(samplesOf(5)))).toBeLessThan(tolerance);
    });

    it('may be given one by one', async () => {
      await exportOnnx(network(), path(), { inputName: 'pixels', outputName: 'layers.0' });
      const { input, output, dims } = await runtimeAnswer(path(), 'pixels', samplesOf(20), [5, 4]);
      expect([input, output, dims]).toEqual(['pixels', 'layers.0', [5, 1]]);
    });

    it('of another network, and invalid names, are refused', async () => {
      const refusal = (options: OnnxExportOptions) => rejectionOf(exportOnnx(network(), path(), options));
      const input = { ...signature.input, shape: ['N', 3] };
      expect(await refusal({ signature: { ...signature, input } })).toBe(
        'invalid_argument: expected 4 numbers per sample, as many as the network has, for shape of input of signature of exportOnnx, ' +
          'received [N, 3]',
      );
      const output = { ...signature.output, shape: ['N', 'M'] };
      expect(await refusal({ signature: { ...signature, output } })).toBe(
        'invalid_argument: expected 1 numbers per sample, as many as the network has, for shape of output of signature of exportOnnx, ' +
          'received [N, M]',
      );
      expect(await refusal({ inputName: '' })).toBe(
        'invalid_argument: expected a name for inputName of exportOnnx, received ""',
      );
      expect(await refusal({ inputName: 'a', outputName: 'a' })).toBe(
        'invalid_argument: expected another name than that of the input for outputName of exportOnnx, received "a"',
      );
    });
  });

  it('refuses unknown options', async () => {
    const network = Network.create({ inputs: 1, layers: [dense(1)] }, { seed: 6 });
    const path = join(folder, 'none.onnx');
    expect(await rejectionOf(exportOnnx(network, path, { output: 'argmax' as never }))).toBe(
      'invalid_argument: expected one of linear, softmax, logSoftmax for output of exportOnnx, received "argmax"',
    );
    expect(await rejectionOf(exportOnnx(network, join(folder, 'nowhere', 'a.onnx')))).toMatch(
      /^file_unwritable: cannot write .*nowhere\/a\.onnx: ENOENT/,
    );
  });
});
