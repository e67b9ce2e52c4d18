/** Students of a stream: data that are replaced while they train. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  adam,
  Dataset,
  dense,
  Population,
  restoreCheckpoint,
  saveCheckpoint,
  spectral,
  stepDecay,
} from '../../src/index.js';
import { uniforms } from '../../src/network/random.js';
import { failureOf, rejectionOf } from '../failure.js';

const [chunks, samples, inputs, batchSize] = [4, 12, 3, 4];
const folder = mkdtempSync(join(tmpdir(), 'stream-'));
afterAll(() => rmSync(folder, { recursive: true }));

const all = uniforms({ seed: 2, trial: 0, purpose: 'freeUse' }, chunks * samples * (inputs + 1), -1, 1);
const xs = all.slice(0, chunks * samples * inputs);
const ys = all.slice(xs.length);
function part(from: number, to: number): Dataset {
  return Dataset.create({
    inputs: xs.slice(from * samples * inputs, to * samples * inputs),
    inputCount: inputs,
    targets: ys.slice(from * samples, to * samples),
  });
}

function student(data: Dataset, changes = {}) {
  return {
    layers: [spectral(5, { activation: 'tanh' }), dense(1)],
    data,
    optimizer: adam({ learningRate: stepDecay(0.05, { every: 2, factor: 0.5 }) }),
    batchSize,
    epochs: 1,
    seed: 4,
    shuffle: false,
    stepsPerEpoch: 3,
    ...changes,
  };
}

describe.each(['reference', 'cpu'] as const)('a stream on %s', (device) => {
  const ofStream = (chunk = 0, changes = {}) =>
    Population.create([student(part(chunk, chunk + 1), { stream: 'gaussian 2', ...changes })], { device });

  it('of short data sets gives the bits of one that is their concatenation', async () => {
    using whole = Population.create([student(part(0, chunks))], { device });
    await whole.run(1);
    using streamed = ofStream();
    for (let chunk = 0; chunk < chunks; ++chunk) {
      if (chunk > 0) streamed.at(0).setData(part(chunk, chunk + 1));
      await streamed.run(chunk + 1);
    }
    const { epoch, position, ...state } = streamed.at(0).state();
    expect([epoch, position]).toEqual([chunks, 0]);
    expect(state).toEqual(whole.at(0).state());
  });

  it('continues bit for bit from the middle of a chunk', async () => {
    const rest = async (population: Population, from: number) => {
      for (let chunk = from; chunk < chunks; ++chunk) {
        population.at(0).setData(part(chunk, chunk + 1));
        await population.run(chunk + 1);
      }
    };
    using undisturbed = ofStream();
    await undisturbed.run(1);
    await rest(undisturbed, 1);
    // chunk 0, then the first two of the three batches of chunk 1: where a process was killed
    using killed = ofStream();
    await killed.run(1);
    const [from, to] = [samples, samples + 2 * batchSize];
    const beginning = {
      inputs: xs.slice(from * inputs, to * inputs),
      inputCount: inputs,
      targets: ys.slice(from, to),
    };
    killed.at(0).setData(Dataset.create(beginning));
    await killed.run(2);
    using middle = ofStream(1);
    middle.at(0).restore({ ...killed.at(0).state(), epoch: 1, position: 2 * batchSize });
    const path = join(folder, `middle-${device}.safetensors`);
    await saveCheckpoint(middle, path);
    using resumed = ofStream(1);
    await restoreCheckpoint(resumed, path);
    await resumed.run(2);
    await rest(resumed, 2);
    expect(resumed.at(0).state()).toEqual(undisturbed.at(0).state());
  });

  it('starts a new epoch where data are replaced in the middle of one', () => {
    using population = ofStream();
    const { epoch: _, position: __, ...state } = population.at(0).state();
    population.at(0).restore({ ...state, step: 2, epoch: 0, position: 8 });
    population.at(0).setData(part(1, 2));
    const { epoch, position } = population.at(0).state();
    expect([epoch, position, population.progress()[0]?.epoch]).toEqual([1, 0, 1]);
  });

  it('refuses data that cannot be a chunk of it', async () => {
    using population = ofStream();
    const other = Dataset.create({
      inputs: new Float64Array(4),
      inputCount: 2,
      targets: new Float64Array(2),
    });
    expect(failureOf(() => population.at(0).setData(other))).toBe(
      'data_mismatch: student 0: expected data with 3 inputs per sample, as the network has, received 2',
    );
    const pending = population.run(1);
    expect(failureOf(() => population.at(0).setData(part(1, 2)))).toMatch(/^population_busy: /);
    await pending;
    const state = population.at(0).state();
    expect(failureOf(() => population.at(0).restore({ ...state, position: 5 }))).toBe(
      'invalid_argument: student 0: expected a position in its 12 samples, a multiple of the batch of 4, got 5',
    );
    using fixed = Population.create([student(part(0, 1))], { device });
    expect(failureOf(() => fixed.at(0).setData(part(1, 2)))).toBe(
      'invalid_argument: expected a student with the option stream for setData(), received "student 0, which has fixed data"',
    );
  });

  it('is known by its name, not by its chunk', async () => {
    using population = ofStream();
    const path = join(folder, `name-${device}.safetensors`);
    await saveCheckpoint(population, path);
    using later = ofStream(2);
    await restoreCheckpoint(later, path);
    using other = ofStream(0, { stream: 'gaussian 3' });
    expect(await rejectionOf(restoreCheckpoint(other, path))).toMatch(
      /students\[0\].stream is "gaussian 2" in the file and "gaussian 3" here/,
    );
  });
});
