import { expect, it } from 'vitest';
import * as analysis from '../src/analysis/index.js';
import * as data from '../src/data/index.js';
import * as exchange from '../src/exchange/index.js';
import * as eigenstudent from '../src/index.js';
import * as sweeps from '../src/sweep.js';
import * as theory from '../src/theory.js';

it('these names are public, and no others', () => {
  expect(Object.keys(eigenstudent).sort()).toEqual([
    'Dataset',
    'DeviceArray',
    'EigenstudentError',
    'Network',
    'Population',
    'Teacher',
    'activation',
    'adam',
    'adamW',
    'add',
    'alternating',
    'averagePool2d',
    'batchNorm',
    'concat',
    'constant',
    'conv2d',
    'convTranspose2d',
    'cosine',
    'dense',
    'deviceKernels',
    'effectiveSize',
    'fineTune',
    'flatten',
    'gaussianInputs',
    'globalAveragePool',
    'histogram',
    'inputRelevance',
    'kernels',
    'maxPool2d',
    'nodeSymmetry',
    'normalize',
    'prune',
    'pruneNetwork',
    'pruneUntil',
    'pruningCurve',
    'rank',
    'readSafetensors',
    'recalibrate',
    'relevance',
    'removalOrder',
    'residual',
    'restoreCheckpoint',
    'saveCheckpoint',
    'seededRandom',
    'sgd',
    'spectral',
    'spectralConv2d',
    'stepDecay',
    'sum',
    'summarize',
    'train',
    'writeSafetensors',
  ]);
});

it('these names are public in eigenstudent/analysis, and no others', () => {
  expect(Object.keys(analysis).sort()).toEqual([
    'bootstrapInterval',
    'collapseFactor',
    'collapseQuality',
    'criticalExponent',
    'effectiveSize',
    'evaluateFit',
    'fitCollapse',
    'fitExponential',
    'fitPowerLaw',
    'histogram',
    'kolmogorovSmirnov',
    'matchNodes',
    'nodeStrengths',
    'normalize',
    'orderParameter',
    'orderParameterCurve',
    'overlapMatrix',
    'pathValues',
    'plateauEdge',
    'pruningTransition',
    'resampleSorted',
    'rescaleCurves',
    'signIsFree',
    'sizeTransition',
    'summarize',
    'wilson',
  ]);
});

it('these names are public in eigenstudent/data, and no others', () => {
  expect(Object.keys(data).sort()).toEqual([
    'fashionMnist',
    'fitNormalization',
    'normalizeInputs',
    'normalizeSplits',
    'parseNpy',
    'readCifar10',
    'readCsv',
    'readIdx',
    'readIdxArray',
    'readNpy',
    'readNpyData',
    'readNpz',
    'readNpzData',
    'readParquet',
    'splitData',
    'withShape',
  ]);
});

it('these names are public in eigenstudent/sweep, and no others', () => {
  expect(Object.keys(sweeps).sort()).toEqual([
    'cancelSubmissions',
    'cleanRunDirectory',
    'defineExperiment',
    'effectiveSizesAt',
    'estimateSweep',
    'exportRecords',
    'fields',
    'oneByOne',
    'parseProtocol',
    'planSubmission',
    'preset',
    'queryRecords',
    'readArrays',
    'readRecords',
    'readTensors',
    'registerExperiment',
    'runStatus',
    'safeTensor',
    'slurmState',
    'submitSweep',
    'sweep',
    'writeSummary',
  ]);
});

it('these names are public in eigenstudent/exchange, and no others', () => {
  expect(Object.keys(exchange).sort()).toEqual([
    'exportOnnx',
    'exportSafetensors',
    'loadNetwork',
    'toSpectral',
  ]);
});

it('these names are public in eigenstudent/theory, and no others', () => {
  expect(Object.keys(theory).sort()).toEqual([
    'classifyEndPoint',
    'closest',
    'conservedQuantity',
    'criticalPoint',
    'escapeTime',
    'gradientFlow',
    'gradientFlows',
    'landscape',
    'landscapeAt',
    'learningRateLimits',
    'onePassSgd',
    'orthonormalTeacher',
    'overlapOde',
    'plateau',
    'populationLoss',
    'sgdOnSamples',
  ]);
});
