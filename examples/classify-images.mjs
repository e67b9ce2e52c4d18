// Images and labels in IDX files, as MNIST and Fashion-MNIST have them: read, cut into parts, normalise, learn, prune. The files
// are small ones that this program writes itself; with the four of MNIST it works as well:
//   node examples/classify-images.mjs [train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz]
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { adam, dense, gaussianInputs, Population, prune, relevance, spectral, train } from 'eigenstudent';
import { normalizeSplits, readIdx, splitData } from 'eigenstudent/data';

const [images, labels] = process.argv.length > 3 ? process.argv.slice(2) : await writeStripes(2000);
const data = await readIdx({ images, labels });
const classes = 1 + data.classes.reduce((most, label) => Math.max(most, label), 0);
const splits = normalizeSplits(splitData(data, { validation: 0.1, test: 0.2, seed: 1 }), 'unit');
console.log(`${data.samples} images of ${data.inputCount} pixels in ${classes} classes`);

const population = Population.create([
  {
    layers: [
      spectral(100, { activation: 'relu', l2: { eigenvectors: 3e-3, eigenvaluesOut: 3e-3 } }),
      dense(classes, { bias: true }),
    ],
    loss: 'crossEntropy',
    data: splits,
    optimizer: adam({ learningRate: 2e-3 }),
    batchSize: 50,
    epochs: 60,
    seed: 2,
  },
]);
for await (const { epoch, trainLoss } of train(population, { every: 15 }))
  console.log(`epoch ${epoch}: training loss ${trainLoss[0].toPrecision(3)}`);

const network = population.at(0).network();
population.dispose();
const scores = relevance(network, 0);
const keep = scores.filter((score) => score > 0.05 * Math.max(...scores)).length;
const small = prune(network, { layer: 0, keep });
const percent = async (of) => `${(100 * (await of.evaluate(splits.test)).accuracy).toFixed(1)} %`;
console.log(`test accuracy ${await percent(network)} with 100 nodes, ${await percent(small)} with ${keep}`);

/** Images of 8 x 8 pixels with a stripe: rows, columns, the one diagonal or the other, in noise. */
async function writeStripes(count) {
  const [side, kinds] = [8, 4];
  const noise = gaussianInputs({ samples: count, features: side * side, seed: 3, purpose: 'train' });
  const answers = Uint8Array.from({ length: count }, (_, i) => (i * 7 + (i >> 3)) % kinds);
  const pixels = Uint8Array.from({ length: count * side * side }, (_, k) => {
    const [i, row, column] = [Math.floor(k / side ** 2), Math.floor(k / side) % side, k % side];
    const at = 2 + ((i * 5) % 4);
    const bright = [row === at, column === at, row === column, row + column === side - 1][answers[i]];
    return Math.max(0, Math.min(255, (bright ? 180 : 60) + 30 * noise[k]));
  });
  const folder = await mkdtemp(join(tmpdir(), 'stripes-'));
  const idx = async (name, shape, bytes) => {
    const header = Buffer.alloc(4 + 4 * shape.length);
    header.writeUInt32BE(0x0800 + shape.length); // unsigned bytes, so many dimensions
    for (const [axis, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
    await writeFile(join(folder, name), gzipSync(Buffer.concat([header, bytes])));
    return join(folder, name);
  };
  return [await idx('images.gz', [count, side, side], pixels), await idx('labels.gz', [count], answers)];
}
