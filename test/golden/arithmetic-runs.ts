/** Tiny trainings, and hashes of the bits that they end with. */
import { createHash } from 'node:crypto';
import { Dataset } from '../../src/network/dataset.js';
import { dense, type Layer, spectral } from '../../src/network/layers.js';
import { parameterCount, tensorLayout } from '../../src/network/layout.js';
import { normals, uniforms } from '../../src/network/random.js';
import { adam, cosine, type Optimizer, sgd } from '../../src/population/optimizers.js';
import { alternating } from '../../src/population/phases.js';
import { Population } from '../../src/population/population.js';
import type { Student } from '../../src/population/student.js';
import type { StudentOptions } from '../../src/population/student-options.js';
import { stateBits } from '../network/state-bits.js';

export type Hashes = Readonly<Record<string, string>>;
type Run = readonly [name: string, options: StudentOptions, dtype: 'float32' | 'float64'];

const samples = 37;
const trainable = ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'] as const;

function data(inputCount: number, classes = false): Dataset {
  const stream = { seed: 3, trial: 1, purpose: 'freeUse' } as const;
  const inputs = uniforms(stream, samples * inputCount, -1.5, 1.5);
  if (classes)
    return Dataset.create({ inputs, inputCount, classes: Uint32Array.from(inputs.slice(0, samples), bit) });
  const targets = uniforms({ ...stream, part: 1 }, samples * 2, -1, 1);
  return Dataset.create({ inputs, inputCount, targets });
}

const bit = (value: number) => Number(value > 0);

function student(layers: Layer[], optimizer: Optimizer, more: Partial<StudentOptions> = {}): StudentOptions {
  const common = { data: data(5), batchSize: 8, epochs: 4, seed: 2 };
  return { layers, optimizer, ...common, ...more };
}

const relu = { activation: 'relu', trainable, l2: { eigenvectors: 0.01, eigenvaluesOut: 0.001 } } as const;
const momentum = sgd({ learningRate: 0.0625, momentum: 0.75, nesterov: true });

/** Nothing but additions, multiplications, divisions and roots, which IEEE 754 says to the last bit. */
const exact: readonly Run[] = (['float32', 'float64'] as const).map((dtype) => [
  `sgd, relu, ${dtype}`,
  student(
    [spectral(33, relu), dense(7, { activation: 'relu', bias: true, l1: { weights: 0.001 } }), dense(2)],
    momentum,
    { phases: alternating(1) },
  ),
  dtype,
]);

/** With functions of the mathematical library in them. */
const withFunctions: readonly Run[] = [
  [
    'adam, tanh and softplus, float32',
    student(
      [spectral(33, { ...relu, activation: 'tanh' }), dense(7, { activation: 'softplus' }), dense(2)],
      adam({ learningRate: cosine(0.02, { total: 6 }) }),
    ),
    'float32',
  ],
  [
    'adam, gelu, classes, float64',
    student([spectral(9, { activation: 'gelu', bias: true }), dense(2)], adam({ learningRate: 0.01 }), {
      loss: 'crossEntropy',
      data: data(5, true),
    }),
    'float64',
  ],
];

/** 2^18 weights and more: the CPU trains such a student with other loops (native/cpu/fused/plan.cpp). */
const wide: Run = [
  'sgd, wide, float32',
  student([spectral(1301, relu), dense(2)], momentum, { data: data(201), batchSize: 31, epochs: 1 }),
  'float32',
];

export const exactHashes = () => hashes(exact, 'reference');
export const cpuHashes = () => hashes([...exact, ...withFunctions, wide], 'cpu');

export async function functionHashes(): Promise<Hashes> {
  const drawn = normals({ seed: 3, trial: 1, purpose: 'studentParameters' }, 101);
  return { 'normal numbers': hashOf(drawn), ...(await hashes(withFunctions, 'reference')) };
}

async function hashes(runs: readonly Run[], device: 'reference' | 'cpu'): Promise<Hashes> {
  const found: Record<string, string> = {};
  for (const [name, options, dtype] of runs) {
    const population = Population.create([options], { device, dtype, threads: 1 });
    const one = population.at(0);
    startAnew(one);
    await population.run(options.epochs);
    found[name] = await hashOfAll(population, one, options.data as Dataset);
    population.dispose();
  }
  return found;
}

/** From parameters that no function of the mathematical library has touched. */
function startAnew(one: Student): void {
  const { spec } = one.options;
  const kind = one.dtype === 'float32' ? Float32Array : Float64Array;
  const count = parameterCount(spec);
  const parameters = kind.from(
    uniforms({ seed: 3, trial: 1, purpose: 'freeUse', part: 2 }, count, -0.5, 0.5),
  );
  const { secondMoment } = one.state();
  one.restore({
    parameters,
    firstMoment: new kind(count),
    ...(secondMoment && { secondMoment: new kind(count) }),
    updateCount: new Float64Array(tensorLayout(spec).length),
    step: 0,
  });
}

/** State, loss and pruning curve. */
async function hashOfAll(population: Population, one: Student, samplesOf: Dataset): Promise<string> {
  const [evaluation] = await population.evaluate([samplesOf]);
  const order = Uint32Array.from(
    { length: tensorLayout(one.options.spec)[0]?.shape[0] as number },
    (_, i) => i,
  );
  const losses = await one.pruningLosses(0, order, samplesOf);
  return hashOf(Float64Array.of(evaluation?.loss as number, ...losses), stateBits(one.state()));
}

/** Sixteen hexadecimal digits. */
function hashOf(numbers: Float64Array, text = ''): string {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return createHash('sha256').update(bytes).update(text).digest('hex').slice(0, 16);
}
