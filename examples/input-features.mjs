// Which inputs does a task need? Of 40 inputs 6 matter, and nobody tells the student. Its first layer trains eigenvaluesIn,
// with eigenvaluesOut frozen at 0: one number stands before each input, and a penalty takes away those that do nothing
// (arXiv 2406.01183). Run it with: node examples/input-features.mjs
import { adam, Dataset, dense, gaussianInputs, inputRelevance, Population, spectral, train } from 'eigenstudent';

const [features, samples] = [40, 4000];
const relevant = [3, 8, 13, 21, 27, 34];

/** The target is a sum of products and of bends of the relevant inputs. */
function dataset(purpose) {
  const inputs = gaussianInputs({ samples, features, seed: 1, purpose });
  const targets = Float64Array.from({ length: samples }, (_, i) => {
    const [a, b, c, d, e, f] = relevant.map((j) => inputs[i * features + j]);
    return a * b + Math.abs(c) + Math.tanh(2 * d) + e - Math.max(0, f);
  });
  return Dataset.create({ inputs, inputCount: features, targets });
}

const population = Population.create([
  {
    layers: [
      spectral(80, {
        activation: 'relu',
        bias: true,
        trainable: ['eigenvectors', 'eigenvaluesIn', 'bias'],
        initialize: { eigenvaluesIn: 1, eigenvaluesOut: 0 },
        l1: { eigenvaluesIn: 2e-3 },
        l2: { eigenvectors: 1e-4 },
      }),
      dense(20, { activation: 'relu', bias: true }),
      dense(1, { bias: true }),
    ],
    data: dataset('train'),
    optimizer: adam({ learningRate: 3e-3 }),
    batchSize: 100,
    epochs: 100,
    seed: 2,
  },
]);
for await (const { epoch, trainLoss } of train(population, { every: 25 }))
  console.log(`epoch ${epoch}: training loss ${trainLoss[0].toPrecision(3)}`);

const scores = inputRelevance(population.at(0).network());
const largest = Math.max(...scores);
const found = [...scores.keys()].filter((j) => scores[j] / largest > 0.05);
const hits = found.filter((j) => relevant.includes(j)).length;
const { loss } = await population.at(0).network().evaluate(dataset('test'));
population.dispose();

console.log(`inputs found: ${found.join(', ')}`);
console.log(`precision ${(hits / found.length).toFixed(2)}, recall ${(hits / relevant.length).toFixed(2)}`);
console.log(`test loss ${loss.toPrecision(3)}`);
