// One small student, natively, and what it must answer: the forward pass once more in plain JavaScript.

export const inputs = 3;
export const width = 7;
export const samples = 20;
/** eigenvectors [7][3], eigenvaluesIn [3], eigenvaluesOut [7], weights [1][7] */
export const parameters = width * inputs + inputs + width + width;
export const tensors = 4;

const classes = { float32: Float32Array, float64: Float64Array };

export function arrayOf(dtype, length, value) {
  return classes[dtype].from({ length }, (_, i) => value(i));
}

export function sampleInputs(dtype) {
  return arrayOf(dtype, samples * inputs, (i) => Math.sin(12.9898 * (i + 1)));
}

export function sampleTargets(dtype) {
  return arrayOf(dtype, samples, (i) => Math.cos(1.7 * i));
}

export function datasetSpec(dtype) {
  return {
    dtype,
    samples,
    inputCount: inputs,
    targetCount: 1,
    inputs: sampleInputs(dtype),
    targets: sampleTargets(dtype),
  };
}

export function firstParameters(dtype) {
  return arrayOf(dtype, parameters, (i) => Math.sin(78.233 * (i + 1)));
}

export function networkSpec() {
  const tensor = (name) => ({ name, trainable: true, l1: 0, l2: 1e-3, groupLasso: 0 });
  return {
    input: [inputs],
    layers: [
      {
        options: { type: 'spectral', width, activation: 'tanh', slope: 0.01 },
        reads: [0],
        tensors: ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'].map(tensor),
      },
      { options: { type: 'dense', width: 1, activation: 'linear', slope: 0.01 }, reads: [1], tensors: [tensor('weights')] },
    ],
  };
}

export function objective() {
  return [{ loss: { type: 'mse' }, layer: 1, target: '', weight: 1 }];
}

export function studentSpec(data) {
  return {
    network: networkSpec(),
    objective: objective(),
    trainer: {
      optimizer: { kind: 'adam', momentum: 0, nesterov: false, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 },
      learningRate: { kind: 'constant', base: 1e-3, warmup: 0, every: 1, factor: 1, total: 1, minimum: 0 },
      phases: [{ mask: 31, length: 3, inEpochs: false }],
      data,
      batchSize: 4,
      population: false,
      shuffle: true,
      stream: true,
      clockSteps: 0,
      seed: 1,
      trial: 0,
    },
  };
}

export function populationSpec(backend, dtype, data) {
  return { backend, dtype, threads: 1, general: false, students: [studentSpec(data)] };
}

/** Outputs [samples] of these parameters; `kept` says which hidden nodes answer. */
export function outputsOf(block, x, kept = () => true) {
  const lambdaIn = width * inputs;
  const lambdaOut = lambdaIn + inputs;
  const weights = lambdaOut + width;
  const count = x.length / inputs;
  return Float64Array.from({ length: count }, (_, s) => {
    let output = 0;
    for (let i = 0; i < width; ++i) {
      if (!kept(i)) continue;
      let z = 0;
      for (let j = 0; j < inputs; ++j)
        z += block[i * inputs + j] * (block[lambdaIn + j] - block[lambdaOut + i]) * x[s * inputs + j];
      output += block[weights + i] * Math.tanh(z);
    }
    return output;
  });
}

export function lossOf(outputs, targets) {
  return outputs.reduce((sum, y, i) => sum + (y - targets[i]) ** 2, 0) / targets.length;
}

/** Loss with k nodes kept, [width + 1]; the last of the order are kept. */
export function curveOf(block, x, targets, order) {
  return Float64Array.from({ length: width + 1 }, (_, k) => {
    const kept = new Set([...order].slice(width - k));
    return lossOf(outputsOf(block, x, (i) => kept.has(i)), targets);
  });
}

/** Arithmetic in float32 of a few terms, or in float64, against float64: both far above rounding of these sizes. */
export function near(dtype, a, b) {
  const tolerance = dtype === 'float32' ? 1e-4 : 1e-10;
  return a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) <= tolerance * (1 + Math.abs(b[i])));
}
