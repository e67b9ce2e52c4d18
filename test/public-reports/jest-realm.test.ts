/**
 * Public reports: transformers.js #57, jest #11864, onnxruntime #16622, tfjs PR #7181. Jest runs a test in a realm of its own,
 * whose Float32Array is another class: what is right was refused as "must be Float32Array, received Float32Array".
 */
import vm from 'node:vm';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { kolmogorovSmirnov } from '../../src/analysis/index.js';
import { encodeSafetensors } from '../../src/files/safetensors.js';
import {
  adam,
  Dataset,
  dense,
  EigenstudentError,
  Network,
  Population,
  spectral,
  train,
} from '../../src/index.js';

const realm = vm.createContext({});
const ofRealm = <Value>(code: string) => vm.runInContext(code, realm) as Value;

const network = Network.from({ inputs: 2, layers: [dense(1)] }, Float32Array.of(1, 2));

describe('arrays of another realm', () => {
  it('are inputs, targets and classes of a data set', () => {
    const inputs = ofRealm<Float32Array>('new Float32Array([1, 2, 3, 4])');
    const targets = ofRealm<Float64Array>('new Float64Array([1, 2])');
    expect(Dataset.create({ inputs, inputCount: 2, targets }).samples).toBe(2);
    const classes = ofRealm<Uint32Array>('new Uint32Array([0, 1])');
    expect([...(Dataset.create({ inputs, inputCount: 2, classes }).classes ?? [])]).toEqual([0, 1]);
    const listed = Dataset.create({ inputs, inputCount: 2, classes: ofRealm<number[]>('[0, 1]') });
    expect([...(listed.classes ?? [])]).toEqual([0, 1]);
  });

  it('are predicted on with the same answer', async () => {
    expect([...(await network.predict(ofRealm<Float32Array>('new Float32Array([1, 2])')))]).toEqual([5]);
    const parameters = ofRealm<Float64Array>('new Float64Array([1, 2])');
    const other = Network.from({ inputs: 2, layers: [dense(1)] }, parameters);
    expect(other.dtype).toBe('float64');
    expect([...(await other.predict(Float64Array.of(1, 2)))]).toEqual([5]);
  });

  it('are order, state, relevance, tensors of a file and numbers to analyse', async () => {
    const data = Dataset.create({
      inputs: Float32Array.of(1, 2),
      inputCount: 2,
      targets: Float32Array.of(1),
    });
    const deep = Network.create({ inputs: 2, layers: [dense(2), dense(1)] }, { seed: 1 });
    const order = ofRealm<Uint32Array>('new Uint32Array([1, 0])');
    expect(await deep.pruningLosses(0, order, data)).toEqual(
      await deep.pruningLosses(0, Uint32Array.of(1, 0), data),
    );
    const numbers = ofRealm<Float64Array>('new Float64Array([1, 2, 3])');
    expect(kolmogorovSmirnov(numbers, numbers).distance).toBe(0);
    const tensor = { dtype: 'F64', shape: [3], data: numbers } as const;
    const own = { ...tensor, data: Float64Array.of(1, 2, 3) };
    expect(encodeSafetensors(new Map([['t', tensor]]))).toEqual(encodeSafetensors(new Map([['t', own]])));
    const population = Population.create([
      {
        layers: [spectral(2), dense(1)],
        data,
        optimizer: adam({ learningRate: 0.1 }),
        batchSize: 1,
        epochs: 1,
        seed: 1,
      },
    ]);
    const { step, epoch: _, position: __, ...arrays } = population.at(0).state();
    const moved = Object.fromEntries(
      Object.entries(arrays).map(([name, array]) => {
        const kind = array instanceof Float32Array ? 'Float32Array' : 'Float64Array';
        return [name, new (ofRealm<Float64ArrayConstructor>(kind))(array)];
      }),
    );
    population.at(0).restore({ step: 7, ...moved } as never);
    expect(population.at(0).state()).toEqual({ step: 7, ...arrays });
    expect(step).toBe(0);
    population.dispose();
  });

  it('may be the result of predict(), which in Jest is of the outer realm', async () => {
    const outputs = await network.predict(Float32Array.of(1, 2));
    expect(Dataset.create({ inputs: outputs, inputCount: 1 }).samples).toBe(1);
  });

  it('come from worker threads, cloned, transferred or shared', async () => {
    const code = `
      const { parentPort } = require('node:worker_threads');
      const moved = Float32Array.of(1, 2);
      const shared = new Float32Array(new SharedArrayBuffer(8));
      shared.set([1, 2]);
      parentPort.postMessage([Float32Array.of(1, 2), moved, shared], [moved.buffer]);`;
    const worker = new Worker(code, { eval: true });
    const arrays = await new Promise<Float32Array[]>((resolve) => worker.once('message', resolve));
    for (const inputs of arrays) expect([...(await network.predict(inputs))]).toEqual([5]);
    expect(arrays).toHaveLength(3);
  });
});

describe('a message about an array', () => {
  const refusal = (inputs: unknown) => {
    try {
      Dataset.create({ inputs: inputs as Float32Array, inputCount: 1 });
    } catch (error) {
      return (error as Error).message;
    }
    return 'accepted';
  };
  const expected = 'expected a Float32Array or Float64Array for inputs, received';

  it('never names the kind that was expected', () => {
    expect(refusal(new Proxy(Float32Array.of(1), {}))).toBe(`${expected} a Proxy`);
    expect(refusal(Object.create(Float32Array.prototype))).toBe(
      `${expected} an object (no Float32Array, though it inherits from one)`,
    );
    const named = Object.defineProperty(Int8Array.of(1), 'constructor', { value: Float32Array });
    expect(refusal(named)).toBe(`${expected} Int8Array(1)`);
    expect(refusal(Symbol('s'))).toBe(`${expected} a symbol`);
    expect(refusal(1n)).toBe(`${expected} a bigint`);
  });

  it('says that an array lies outside its buffer', () => {
    const buffer = new (ArrayBuffer as never as new (...args: unknown[]) => ArrayBuffer)(8, {
      maxByteLength: 8,
    });
    const array = new Float32Array(buffer, 0, 2);
    (buffer as never as { resize(bytes: number): void }).resize(4);
    expect(refusal(array)).toMatch(/outside its buffer, which was resized/);
  });
});

describe('what else has a class in each realm', () => {
  it('an AbortSignal of another realm ends training', async () => {
    const data = Dataset.create({
      inputs: Float32Array.of(1, 2),
      inputCount: 2,
      targets: Float32Array.of(1),
    });
    const population = Population.create([
      { layers: [dense(1)], data, optimizer: adam({ learningRate: 0.1 }), batchSize: 1, epochs: 1, seed: 1 },
    ]);
    const signal = ofRealm<AbortSignal>(
      '({ aborted: true, reason: new Error("enough"), addEventListener() {}, removeEventListener() {} })',
    );
    const steps = async () => {
      for await (const _ of train(population, { signal })) expect.unreachable();
    };
    await expect(steps()).rejects.toMatchObject({
      code: 'interrupted',
      message: expect.stringContaining('enough'),
    });
    population.dispose();
  });

  it('an EigenstudentError of another copy of the package is one', () => {
    const other = Object.assign(new Error('x'), {
      [Symbol.for('eigenstudent.EigenstudentError')]: true,
      code: 'interrupted',
    });
    expect(other instanceof EigenstudentError).toBe(true);
    expect(new Error('x') instanceof EigenstudentError).toBe(false);
    class Special extends EigenstudentError {}
    expect(new EigenstudentError('internal', 'x') instanceof Special).toBe(false);
    expect(new Special('internal', 'x') instanceof Special).toBe(true);
  });

  it('a Dataset of another copy of the package is refused with the reason', async () => {
    class OtherDataset {}
    Object.defineProperty(OtherDataset, 'name', { value: 'Dataset' });
    await expect(network.evaluate(new OtherDataset() as Dataset)).rejects.toThrow(
      'expected a Dataset (see Dataset.create) for data, received an object (Dataset). It is of another class Dataset: this process has loaded eigenstudent twice',
    );
  });
});
