// One spectral student learns from a teacher of 20 hidden units; the nodes that carry the task are found by their
// eigenvalues, and the others are cut away.   node examples/train-one-student.mjs [width] [epochs]
import { adam, dense, Population, prune, pruningCurve, spectral, sum, Teacher, train } from 'eigenstudent';

const width = Number(process.argv[2] ?? 200);
const epochs = Number(process.argv[3] ?? 300); // the paper: 2000, which leaves fewer nodes

// 10 -> 20 -> 20 -> 1, frozen. Fresh Gaussian inputs with the teacher's labels.
const teacher = Teacher.paper({ teacherSize: 20, seed: 0 });
const data = await teacher.dataset({ train: 8000, validation: 2000, test: 10_000, seed: 1 });

// Learning rate, batch and penalties: the paper's. The read-out sum() has weights of one, frozen.
const population = Population.create([
  {
    layers: [
      spectral(width, { activation: 'relu', l2: { eigenvectors: 1e-2, eigenvaluesOut: 5e-4 } }),
      dense(20, { activation: 'relu' }),
      sum(),
    ],
    data,
    optimizer: adam({ learningRate: 5e-3 }),
    batchSize: 300,
    epochs,
    seed: 2,
  },
]);
console.log(`${width} hidden nodes, on ${population.engine}`);

for await (const { epoch, trainLoss, validationLoss, studentStepsPerSecond } of train(population, { every: 50 })) {
  const losses = `train ${trainLoss[0].toFixed(4)}  validation ${validationLoss[0].toFixed(4)}`;
  console.log(`epoch ${epoch}  ${losses}  (${Math.round(studentStepsPerSecond)} steps/s)`);
}

// The error for every number of kept nodes, lowest relevance removed first.
const student = population.at(0);
const { losses, effectiveSize } = await pruningCurve(student, data.test);
console.log(`${effectiveSize} nodes stand above 5 % of the largest relevance`);
for (const kept of new Set([width, effectiveSize, 20, 15, 10].filter((count) => count <= width))) {
  console.log(`test loss keeping ${String(kept).padStart(4)} nodes: ${losses[kept].toFixed(4)}`);
}

// A narrower network with the same answers, in a file that Python and Rust read too.
const small = prune(student, { keep: effectiveSize });
await small.save('student.safetensors');
console.log(`saved ${small.parameters.length} of ${student.network().parameters.length} parameters`);
population.dispose();
