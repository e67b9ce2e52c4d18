// ResNet-20 for images of 3 x 32 x 32 (arXiv 1512.03385, section 4.2): three stages of three residual blocks with 16, 32 and 64
// channels. Where the shape changes, the shortcut is a convolution of 1 x 1 with batch norm (option B). The images are a few
// that this program draws; with batches of CIFAR-10 it works as well, and slowly:
//   node examples/resnet20.mjs [data_batch_1.bin ...]
import {
  activation,
  batchNorm,
  conv2d,
  Dataset,
  dense,
  gaussianInputs,
  globalAveragePool,
  Network,
  Population,
  residual,
  sgd,
  train,
} from 'eigenstudent';
import { normalizeSplits, readCifar10, splitData } from 'eigenstudent/data';

const paths = process.argv.slice(2);
const data = paths.length === 0 ? drawColours(8) : await readCifar10(paths);
const splits = normalizeSplits(splitData(data, { validation: 0.25, test: 0.25, seed: 1 }), 'unit');

const he = { initialize: { weights: 'heNormal' } };
/** Two convolutions; the first may take every other pixel. */
const block = (width, stride, shortcut) =>
  residual(
    [
      conv2d(width, 3, { stride, padding: 1, ...he }),
      batchNorm(),
      activation('relu'),
      conv2d(width, 3, { padding: 1, ...he }),
      batchNorm(),
    ],
    { shortcut, activation: 'relu' },
  );
const narrowing = (width) => block(width, 2, [conv2d(width, 1, { stride: 2, ...he }), batchNorm()]);
const layers = [
  conv2d(16, 3, { padding: 1, ...he }),
  batchNorm(),
  activation('relu'),
  ...[block(16, 1), block(16, 1), block(16, 1)],
  ...[narrowing(32), block(32, 1), block(32, 1)],
  ...[narrowing(64), block(64, 1), block(64, 1)],
  globalAveragePool(),
  dense(10, { bias: true }),
];
const network = Network.create({ inputs: [3, 32, 32], layers, loss: 'crossEntropy' }, { seed: 2 });
console.log(`${network.parameters.length} parameters in ${network.spec.layers.length} layers`);

const population = Population.create([
  { network, data: splits, optimizer: sgd({ learningRate: 0.02, momentum: 0.9 }), batchSize: 2, epochs: 3, seed: 3 },
]);
for await (const { epoch, trainLoss } of train(population, { every: 3 }))
  console.log(`epoch ${epoch}: training loss ${trainLoss[0].toPrecision(3)}`);
// A few steps leave running statistics near their start; those of the batch do not depend on the past.
const { accuracy } = await population.at(0).evaluate(splits.train, { statistics: 'batch' });
console.log(`training accuracy ${(100 * accuracy).toFixed(1)} %`);
population.dispose();

/** Images of one colour each, red or blue, in noise. */
function drawColours(samples) {
  const pixels = 32 * 32;
  const noise = gaussianInputs({ samples, features: 3 * pixels, seed: 4, purpose: 'train' });
  const inputs = noise.map((value, k) => {
    const [i, channel] = [Math.floor(k / (3 * pixels)), Math.floor(k / pixels) % 3];
    return (channel === 2 * (i % 2) ? 1 : 0) + 0.5 * value;
  });
  return Dataset.create({ inputs, inputCount: 3 * pixels, classes: Array.from({ length: samples }, (_, i) => i % 2) });
}
