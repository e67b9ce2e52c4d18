// A network from elsewhere (an ONNX file; safetensors and NPZ likewise) is made spectral, trained a little with penalties that
// let it forget nodes, pruned until its accuracy would fall by more than 1 %, and written again.
//   node examples/prune-a-network.mjs [model.onnx] [small.onnx]
import { existsSync } from 'node:fs';
import { adam, Dataset, dense, fineTune, gaussianInputs, Network, pruneNetwork } from 'eigenstudent';
import { splitData } from 'eigenstudent/data';
import { exportOnnx, loadNetwork, toSpectral } from 'eigenstudent/exchange';

const path = process.argv[2] ?? 'model.onnx';
const smallPath = process.argv[3] ?? 'small.onnx';

// Data to go with it; readNpyData, readIdx, readCsv ... of eigenstudent/data read files. Here: which of three points is nearest.
const features = 10;
const inputs = gaussianInputs({ samples: 6000, features, seed: 1, purpose: 'train' });
const points = gaussianInputs({ samples: 3, features, seed: 2, purpose: 'train' });
const distance = (sample, point) => {
  let squares = 0;
  for (let j = 0; j < features; ++j) squares += (inputs[sample * features + j] - points[point * features + j]) ** 2;
  return squares;
};
const classes = Array.from({ length: 6000 }, (_, i) => {
  const distances = [0, 1, 2].map((point) => distance(i, point));
  return distances.indexOf(Math.min(...distances));
});
const data = splitData(Dataset.create({ inputs, inputCount: features, classes }), { validation: 0.2, test: 0.2, seed: 3 });
const training = { data, optimizer: adam({ learningRate: 2e-3 }), batchSize: 100, seed: 4 };

if (!existsSync(path)) {
  console.log(`${path} is not there; training a wide network to stand for it`);
  const layers = [dense(100, { activation: 'relu', bias: true }), dense(50, { activation: 'relu', bias: true }), dense(3, { bias: true })];
  const wide = Network.create({ inputs: features, layers, loss: 'crossEntropy' }, { seed: 5 });
  await exportOnnx(await fineTune(wide, { ...training, epochs: 20 }), path, { output: 'softmax' });
}

// The file ends in a softmax, which belongs to the loss here: `output` remembers it for the way back.
const { network, output } = await loadNetwork(path);

// The same answers to the last bit, now with an eigenvalue a node; the penalties are of the order of the data loss.
const spectral = toSpectral(network, { l2: { eigenvectors: 1e-3, eigenvaluesOut: 1e-3 } });
const tuned = await fineTune(spectral, {
  ...training,
  epochs: 30,
  every: 10,
  onReport: ({ epoch, trainLoss }) => console.log(`epoch ${epoch}  train loss ${trainLoss[0].toFixed(4)}`),
});

// Bounded by the accuracy that the network came with, on data that it was not trained on.
const { accuracy: reference } = await network.evaluate(data.validation);
const { network: small, layers, metric } = await pruneNetwork(tuned, {
  scope: 'global',
  maxDegradation: 0.01,
  data: data.validation,
  reference,
});
for (const { layer, before, after } of layers) console.log(`layer ${layer}: ${after} of ${before} nodes`);
console.log(`validation accuracy ${reference.toFixed(3)} -> ${metric.after.toFixed(3)}`);
const tests = await Promise.all([network, small].map((one) => one.evaluate(data.test)));
console.log(`test accuracy       ${tests.map(({ accuracy }) => accuracy.toFixed(3)).join(' -> ')}`);

await exportOnnx(small, smallPath, { output });
console.log(smallPath);
