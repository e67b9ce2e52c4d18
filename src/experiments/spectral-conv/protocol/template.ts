/** Written by `eigenstudent init --experiment spectral-conv`, and the presets of `reproduce`. */
export const template = `# Spectral convolutions and the pruning of their channels: eigenstudent train <this file>
# Any field but those of files may be a list: all combinations are trained.
experiment: spectral-conv
data:
  fashionMnist: {}          # Debian: apt-get install dataset-fashion-mnist
  # csv: { file: digits.csv.gz, label: digit, shape: [1, 8, 8] }   # or images in a table, a pixel per column
  pool: 2                   # means of 2 x 2 pixels: 14 x 14
  train: 2000
  test: 1000
  # measure: validation     # on images behind those of training: to choose penalties
arms:                       # each may be left out
  spectral: { l2Eigenvectors: 0.01, l2Eigenvalues: 0.01 }
  lasso: { groupLasso: 0.02 }         # the control: the penalty that the two of spectral amount to
  direct: { l2Eigenvectors: 0.01 }
  # spectralBn: {}          # with batch norm after each convolution
  # directBn: {}
  # slimBn: { l1Scale: 0.01 }
epochs: 20
trials: 2                   # per arm
seed: 1
# channels: [16, 32, 32]
# augment: { shift: 1, flip: true }
# batchSize: 128
# learningRate: 0.005       # Adam, cosine to 0
# shares: [1, 0.75, 0.5, 0.375, 0.25, 0.1875, 0.125]
# randomOrders: 3
`;

const quick = {
  experiment: 'spectral-conv',
  data: { fashionMnist: {}, pool: 2, train: 2000, test: 1000 },
  arms: { spectral: {}, lasso: {}, direct: {} },
  epochs: 20,
  trials: 2,
  seed: 1,
};

export const presets = {
  quick,
  /** experiments/spectral-conv-fashion.yaml */
  paper: {
    ...quick,
    data: { fashionMnist: {}, pool: 2, train: 6000, test: 2000 },
    arms: { spectral: {}, lasso: {}, direct: {}, spectralBn: {}, directBn: {}, slimBn: {} },
    epochs: 32,
    trials: 5,
  },
};
