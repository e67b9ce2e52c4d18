/** Written by `eigenstudent init`: the preset `quick`, commented. */
export const protocolTemplate = `# A teacher-student experiment: eigenstudent train <this file>
# Every field that has a default is written out here or named in a comment. A misspelt field is an error.
# Any field may be a list, { range: [from, to, step] }, { linspace: [first, last, how many] }, { logspace: [first, last,
# how many] } or { count: how many }: all combinations are trained (trainable: a list of lists). To tie lists of equal
# length together, value by value: zip: [[student.width, arms.spectral.batchSize]]

teacher:                    # frozen; labels random inputs
  kind: paper               # inputs -> teacherSize (relu) -> secondWidth (relu) -> 1
  inputs: 10
  teacherSize: 20           # h_T
  secondWidth: 20           # beyond the paper: activation, and thirdWidth, a third hidden layer
  seed: 0

data:                       # fresh standard normal inputs for every trial, shared by all widths and both arms
  train: 8000
  validation: 2000          # watched while training
  test: 10000               # looked at once, at the end
# or samples from files, IDX (MNIST), cifar10, npy, npz, csv or parquet, without a teacher where they have labels:
# data: { idx: { images: train-images.gz, labels: train-labels.gz }, validation: 0.1, test: 0.2, normalize: standard }

student:                    # inputs -> width -> secondWidth -> 1
  width: [20, 60, 200]      # a number or a list
  secondWidth: 20
  activation: relu          # linear relu leakyRelu elu tanh sigmoid softplus gelu erf quadratic scaledErf
  # thirdWidth: 20          # a third hidden layer
  # spectralLayers: all     # every hidden layer spectral, and ranked; else the first
  # outputActivation: sigmoid   # of data from files with targets of 0 and 1: records then have accuracies

arms:                       # parametrisations of the first layer; leave one out to train the other alone
  spectral:
    trainable: [eigenvectors, eigenvaluesOut]     # eigenvaluesIn too, if they are to train
    l2: { eigenvectors: 0.01, eigenvaluesOut: 0.0005 }        # coefficient times sum of squares; l1 likewise
    optimizer: { adam: { learningRate: 0.005, epsilon: 1.0e-7 } }   # or adamW, sgd: { learningRate, momentum, nesterov }
    batchSize: 300
    # learningRate may be { stepDecay: { base, every, factor, warmup } } or { cosine: { base, total, minimum, warmup } },
    # every, total and warmup in epochs.
    # groupLasso: { eigenvectors: 0.00447 }       # coefficient times the sum of the norms of the rows, of what enters each node
    # alternating: { every: 10, unit: steps }     # eigenvalues alone, then eigenvectors alone, 10 steps each
  direct:                   # the same eigenvectors to start from, eigenvalues frozen at 1
    trainable: [eigenvectors]
    l2: { eigenvectors: 0.01 }
    optimizer: { adam: { learningRate: 0.002, epsilon: 1.0e-7 } }
    batchSize: 500

epochs: 2000                # fewer leave more nodes
trials: 3                   # of every width and arm; the paper has 30
seed: 1                     # of data, first values and shuffles, with the index of the trial

dtype: float32              # or float64
evaluation:
  points: 16                # of the loss history of a trial; each costs an evaluation of all data
  threshold: 0.05           # relevance, relative to the largest, above which a node counts
  # rankings: [random, oracle, eigenvalue]        # pruning curves in other orders; the oracle tries every node at every step
`;
