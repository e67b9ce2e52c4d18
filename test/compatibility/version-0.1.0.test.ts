/**
 * What version 0.1.0 wrote (test/fixtures/version-0.1.0, made by its make.sh) is read, resumed and repeated by this one: the
 * same trial keys, and the same bits on the engines whose arithmetic has not changed since.
 */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Before the addon is loaded: device 'cpu' then means the engine cpu-plain.
process.env.EIGENSTUDENT_ISA = 'plain';
const { Dataset, Network, Population, adam, dense, restoreCheckpoint, spectral } = await import(
  '../../src/index.js'
);
const { parseProtocol, readArrays, readRecords, sweep } = await import('../../src/sweep.js');

const fixtures = fileURLToPath(new URL('../fixtures/version-0.1.0', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-compatibility-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** All of each trial that must not depend on when, where and by which version it was trained, by key. */
async function trialsIn(directory: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const record of await readRecords(directory)) {
    const { seconds, finishedAt, recordSha256, arraysSha256, versions, ...numbers } = record;
    found[record.key] = { numbers, arrays: 'error' in record ? null : await readArrays(directory, record) };
  }
  return found;
}

const protocolOf = async (name: string) =>
  parseProtocol(await readFile(join(fixtures, `${name}.yaml`), 'utf8'), `${name}.yaml`);

describe.each(['reference', 'cpu'] as const)('a run of version 0.1.0 on device %s', (device) => {
  const options = { device, threads: 1 } as const;

  it.each(['finished', 'alternating', 'undisturbed'])(
    'is repeated bit for bit when it is trained again: %s',
    async (name) => {
      const directory = join(folder, `${device}-${name}`);
      await sweep(await protocolOf(name === 'undisturbed' ? 'killed' : name), { ...options, directory });
      const [now, then] = [await trialsIn(directory), await trialsIn(join(fixtures, device, name))];
      expect(Object.keys(then).length).toBeGreaterThan(0);
      expect(now).toEqual(then);
    },
  );

  it('counts as finished, so that nothing is trained again', async () => {
    const directory = join(folder, `${device}-copy`);
    await cp(join(fixtures, device, 'finished'), directory, { recursive: true });
    const { trained, reused } = await sweep(await protocolOf('finished'), { ...options, directory });
    expect({ trained, reused }).toEqual({ trained: 0, reused: 4 });
  });

  it('is resumed from its checkpoints, and ends with the bits of the undisturbed run', async () => {
    const directory = join(folder, `${device}-killed`);
    await cp(join(fixtures, device, 'killed'), directory, { recursive: true });
    expect(await readdir(join(directory, 'trials'))).toHaveLength(2);
    const { continued, restarted } = await sweep(await protocolOf('killed'), { ...options, directory });
    expect({ continued: continued.length, restarted: restarted.length }).toEqual({
      continued: 2,
      restarted: 0,
    });
    expect(await trialsIn(directory)).toEqual(await trialsIn(join(fixtures, device, 'undisturbed')));
  });

  it('has a network that gives the same outputs', async () => {
    const network = await Network.load(join(fixtures, device, 'network', 'network.safetensors'));
    const outputs = JSON.parse(await readFile(join(fixtures, device, 'network', 'outputs.json'), 'utf8'));
    expect([...(await network.predict(numbers(30, 3), { device }))]).toEqual(outputs);
  });

  it('has a checkpoint of a population that continues from it', async () => {
    const students = population(device);
    await restoreCheckpoint(students, join(fixtures, device, 'network', 'checkpoint.safetensors'));
    const outputs = JSON.parse(await readFile(join(fixtures, device, 'network', 'outputs.json'), 'utf8'));
    expect([...(await students.at(1).predict(numbers(30, 3)))]).toEqual(outputs);
    expect(students.at(1).state().step).toBe(6 * Math.ceil(30 / 7));
  });
});

/** As in network.mjs beside the fixtures. */
function numbers(count: number, offset: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => ((i + offset) * 0.6180339887498949) % 1);
}

/** The students of network.mjs. */
function population(device: 'reference' | 'cpu') {
  const data = Dataset.create({ inputs: numbers(90, 1), inputCount: 3, targets: numbers(60, 7) });
  const layers = (width: number) => [
    spectral(width, {
      activation: 'elu',
      bias: true,
      trainable: ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut', 'bias'],
    }),
    spectral(4, { activation: 'tanh', l2: { eigenvaluesOut: 1e-3 } }),
    dense(2),
  ];
  const students = [5, 8].map((width) => ({
    layers: layers(width),
    data,
    optimizer: adam({ learningRate: 0.01 }),
    batchSize: 7,
    epochs: 6,
    seed: width,
  }));
  return Population.create(students, { device, threads: 1, dtype: 'float64' });
}
