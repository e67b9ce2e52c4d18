// Small valid files of every format, how each is read, and what reading a damaged one may give: the right numbers, those
// that its bytes say where the format has no checksum, or an error.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { exportSafetensors, loadNetwork } from '../../dist/exchange/index.js';
import { readDescription } from '../../dist/exchange/description.js';
import { readCifar10, readCsv, readIdx, readNpy, readNpz, readParquet } from '../../dist/data/index.js';
import { readIdxArray } from '../../dist/data/idx.js';
import { Dataset, dense, Network, Population, readSafetensors, restoreCheckpoint, saveCheckpoint, sgd } from '../../dist/index.js';
import { readText } from '../../dist/files/text-file.js';
import { parseProtocol } from '../../dist/protocol/protocol.js';

const fixture = (name) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const hexOf = (data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');

/** What arrays hold, for comparison; bits, so that NaN and -0 count. */
const arrayText = ({ shape, dtype, data }) => `${dtype} [${shape}] ${hexOf(data)}`;
const datasetText = ({ samples, inputCount, inputs, classes, targets }) =>
  [samples, inputCount, hexOf(inputs), classes && hexOf(classes), targets && hexOf(targets)].join(' ');

function fail(reason) {
  throw new Error(`wrong: ${reason}`);
}

/** The numbers of a file with a checksum are those that were written, whatever was done to it. */
const unchanged = (text) => (value, _, original) => text(value) === original || fail(`${text(value).slice(0, 200)} for ${original.slice(0, 200)}`);

/** No more numbers than bytes, and none that is not finite. */
function plausible({ data, shape }, bytes) {
  if (shape && shape.reduce((a, b) => a * b, 1) !== data.length) fail(`shape [${shape}] of ${data.length} numbers`);
  if (data.length > bytes.length) fail(`${data.length} numbers from ${bytes.length} bytes`);
}

function plausibleData(data, bytes, mostPerByte = 1) {
  const numbers = data.samples * data.inputCount;
  if (numbers !== data.inputs.length) fail(`${data.inputs.length} inputs for ${data.samples} x ${data.inputCount}`);
  if (numbers > bytes.length * mostPerByte) fail(`${numbers} numbers from ${bytes.length} bytes`);
  if (!data.inputs.every(Number.isFinite)) fail('a number that is not finite');
}

/** Where the header is as it was and nothing has moved, the numbers are the bytes. */
function asBytes(array, bytes, headerBytes, original) {
  plausible(array, bytes);
  if (bytes.length !== original.length || !bytes.subarray(0, headerBytes).equals(original.subarray(0, headerBytes))) return;
  const written = bytes.subarray(headerBytes).toString('hex');
  if (hexOf(array.data) !== written) fail(`${hexOf(array.data)} for ${written}`);
}

function npy(version) {
  const text = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }";
  const from = version === 1 ? 10 : 12;
  const header = Buffer.from(`${text.padEnd(127 - from)}\n`);
  const start = Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1');
  const length = Buffer.alloc(from - 8);
  length.writeUInt16LE(header.length);
  return Buffer.concat([start, length, header, Buffer.from(Float64Array.from({ length: 12 }, (_, i) => i / 4).buffer)]);
}

const idx = Buffer.concat([Buffer.from('0000080300000003000000020000000200', 'hex').subarray(0, 16), Buffer.from(Array.from({ length: 12 }, (_, i) => 20 * i))]);
const csv = Buffer.from(`a,b,label\n${Array.from({ length: 12 }, (_, i) => `${i / 2},${i - 3},${'xyz'[i % 3]}`).join('\n')}\n`);
const cifar = Buffer.concat([Buffer.from([3]), Buffer.alloc(3072, 7), Buffer.from([9]), Buffer.alloc(3072, 200)]);
const description = Buffer.from(
  JSON.stringify({
    layers: [{ weight: 'fc1.weight', bias: 'fc1.bias', activation: 'relu' }, { kernel: 'fc2', activation: 'tanh' }],
    output: 'softmax',
  }),
);
const protocol = readFileSync(new URL('../../experiments/finite-size.yaml', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'eigenstudent-damage-'));
async function written(write) {
  const path = join(folder, 'file');
  await write(path);
  return readFileSync(path);
}
const network = Network.create({ inputs: 3, layers: [dense(4, { activation: 'tanh', bias: true }), dense(2)] }, { seed: 1 });
const data = Dataset.create({ inputs: Float64Array.of(1, 2, 3, 4), inputCount: 2, targets: Float64Array.of(1, 0), targetCount: 1 });
const population = Population.create(
  [{ network: Network.create({ inputs: 2, layers: [dense(3), dense(1)] }, { seed: 1 }), data, seed: 1, batchSize: 2, epochs: 4, optimizer: sgd({ learningRate: 0.01 }) }],
  { device: 'reference' },
);

const loaded = async (path) => (await loadNetwork(path)).network;
const networkIsPlausible = ({ parameters }, bytes) => {
  if (!parameters.every(Number.isFinite)) fail('a parameter that is not finite');
  // a vector of one number may serve a layer of one
  if (parameters.length > bytes.length) fail(`${parameters.length} parameters from ${bytes.length} bytes`);
};
const tensorsText = ({ tensors }) => [...tensors].map(([name, tensor]) => `${name} ${arrayText(tensor)}`).sort().join('\n');
const readTable = { label: 'label' };
const parquet = (codec) => ({
  name: `${codec}.parquet`,
  bytes: fixture(`damage/${codec}.parquet`),
  read: async (path) => (await readParquet(path, readTable)).data,
  // runs of one value take no room
  check: (value, bytes) => plausibleData(value, bytes, 64),
});
const npz = (name) => ({
  name,
  bytes: fixture(`numpy/${name}`),
  read: (path) => readNpz(path, ['base', 'diag_end']),
  text: (arrays) => [...arrays].map(([key, array]) => `${key} ${arrayText(array)}`).join('\n'),
});

/** `text` in place of `check`: the format has checksums. */
const all = [
  ...[1, 2, 3].map((version) => ({
    name: `version-${version}.npy`,
    bytes: npy(version),
    read: readNpy,
    check: (value, bytes, _, original) => asBytes(value, bytes, 128, original),
  })),
  { name: 'array.npy.gz', bytes: gzipSync(npy(1)), read: readNpy, text: arrayText },
  npz('stored.npz'),
  npz('compressed.npz'),
  {
    name: 'images.idx',
    bytes: idx,
    read: readIdxArray,
    check: (value, bytes, _, original) => asBytes(value, bytes, 16, original),
  },
  { name: 'images.idx.gz', bytes: gzipSync(idx), read: (path) => readIdx({ images: path }), text: datasetText },
  { name: 'table.csv', bytes: csv, read: async (path) => (await readCsv(path, readTable)).data, check: (value, bytes) => plausibleData(value, bytes) },
  { name: 'table.csv.gz', bytes: gzipSync(csv), read: async (path) => (await readCsv(path, readTable)).data, text: datasetText },
  ...['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'].map(parquet),
  {
    name: 'batch.bin',
    bytes: cifar,
    read: (path) => readCifar10([path]),
    check(value, bytes) {
      const pixels = Buffer.concat(Array.from({ length: value.samples }, (_, i) => bytes.subarray(3073 * i + 1, 3073 * (i + 1))));
      if (!Buffer.from(Uint8Array.from(value.inputs)).equals(pixels)) fail('pixels are not the bytes');
    },
  },
  {
    name: 'tensors.safetensors',
    bytes: await written((path) => exportSafetensors(network, path)),
    read: readSafetensors,
    check({ tensors }, bytes, _, original) {
      for (const tensor of tensors.values()) plausible(tensor, bytes);
      const header = 8 + Number(original.readBigUInt64LE());
      if (bytes.length !== original.length || !bytes.subarray(0, header).equals(original.subarray(0, header))) return;
      const numbers = [...tensors.values()].map(({ data: values }) => hexOf(values)).join('');
      if (numbers !== bytes.subarray(header).toString('hex')) fail('numbers are not the bytes');
    },
  },
  { name: 'exported.safetensors', bytes: await written((path) => exportSafetensors(network, path)), read: loaded, check: networkIsPlausible },
  { name: 'network.safetensors', bytes: await written((path) => network.save(path)), read: Network.load, check: (value, bytes) => plausible({ data: value.parameters }, bytes) },
  {
    name: 'checkpoint.safetensors',
    bytes: await written((path) => saveCheckpoint(population, path)),
    async read(path) {
      await restoreCheckpoint(population, path);
      return population.at(0).state();
    },
    check({ step }, bytes) {
      // a state is what the bytes say; training from one that is not finite ends with an error
      if (!Number.isSafeInteger(step) || step < 0) fail(`step ${step} from ${bytes.length} bytes`);
    },
  },
  { name: 'torch-by-hand.onnx', bytes: fixture('exchange/torch-by-hand.onnx'), read: loaded, check: networkIsPlausible },
  { name: 'torch-inception.onnx', bytes: fixture('exchange/torch-inception.onnx'), read: loaded, check: networkIsPlausible },
  {
    name: 'description.json',
    bytes: description,
    read: readDescription,
    check({ layers }, bytes) {
      // read again with nothing between the bytes and the parser
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      if (JSON.stringify(layers) !== JSON.stringify(JSON.parse(text).layers)) fail('layers are not those of the text');
    },
  },
  {
    name: 'protocol.yaml',
    bytes: protocol,
    read: async (path) => parseProtocol(await readText(path), path),
    check(value) {
      if (!Number.isSafeInteger(value.trials) && !Array.isArray(value.trials)) fail(`trials ${value.trials}`);
    },
  },
];

rmSync(folder, { recursive: true });
export const formats = all.map((format) => ({ ...format, check: format.check ?? unchanged(format.text), tensorsText }));
