// LeNet-5 (LeCun et al., 1998) in its usual present form, with max pooling and ReLU, on images of 28 x 28 pixels. The images are
// bars and crosses that this program draws; with two files of MNIST it works as well, and slowly:
//   node examples/lenet.mjs [train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz]
import { adam, conv2d, Dataset, dense, flatten, gaussianInputs, maxPool2d, Network, Population, train } from 'eigenstudent';
import { normalizeSplits, readIdx, splitData } from 'eigenstudent/data';

const [images, labels] = process.argv.slice(2);
const data = labels === undefined ? drawShapes(150) : await readIdx({ images, labels });
const splits = normalizeSplits(splitData(data, { validation: 0.1, test: 0.2, seed: 1 }), 'unit');

const layers = [
  conv2d(6, 5, { padding: 2, bias: true, activation: 'relu' }),
  maxPool2d(2),
  conv2d(16, 5, { bias: true, activation: 'relu' }),
  maxPool2d(2),
  flatten(),
  dense(120, { bias: true, activation: 'relu' }),
  dense(84, { bias: true, activation: 'relu' }),
  dense(10, { bias: true }),
];
const network = Network.create({ inputs: [1, 28, 28], layers, loss: 'crossEntropy' }, { seed: 2 });
console.log(`${network.parameters.length} parameters`);

const population = Population.create([
  { network, data: splits, optimizer: adam({ learningRate: 2e-3 }), batchSize: 10, epochs: 12, seed: 3 },
]);
for await (const { epoch, trainLoss } of train(population, { every: 4 }))
  console.log(`epoch ${epoch}: training loss ${trainLoss[0].toPrecision(3)}`);
const { accuracy } = await population.at(0).evaluate(splits.test);
console.log(`test accuracy ${(100 * accuracy).toFixed(1)} %`);
population.dispose();

/** Images of three kinds, each at another place, in noise: a horizontal bar, a vertical bar, a cross. */
function drawShapes(samples) {
  const side = 28;
  const noise = gaussianInputs({ samples, features: side * side, seed: 4, purpose: 'train' });
  const inputs = noise.map((value, k) => {
    const [i, row, column] = [Math.floor(k / side ** 2), Math.floor(k / side) % side, k % side];
    const [down, right] = [row - 5 - ((i * 5) % 17), column - 5 - ((i * 11) % 17)];
    const bars = [Math.abs(down) < 2 && Math.abs(right) < 6, Math.abs(right) < 2 && Math.abs(down) < 6];
    const bright = [bars[0], bars[1], bars[0] || bars[1]][i % 3];
    return (bright ? 1 : 0) + 0.1 * value;
  });
  return Dataset.create({ inputs, inputCount: side * side, classes: Array.from({ length: samples }, (_, i) => i % 3) });
}
