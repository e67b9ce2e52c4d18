import { expect, it } from 'vitest';
import * as eigenstudent from '../src/index.js';

it('these names are public, and no others', () => {
  expect(Object.keys(eigenstudent).sort()).toEqual([
    'Dataset',
    'EigenstudentError',
    'Network',
    'Population',
    'Teacher',
    'adam',
    'adamW',
    'alternating',
    'constant',
    'cosine',
    'dense',
    'effectiveSize',
    'gaussianInputs',
    'histogram',
    'kernels',
    'normalize',
    'prune',
    'pruneUntil',
    'pruningCurve',
    'rank',
    'readSafetensors',
    'relevance',
    'restoreCheckpoint',
    'saveCheckpoint',
    'sgd',
    'spectral',
    'stepDecay',
    'sum',
    'summarize',
    'train',
    'writeSafetensors',
  ]);
});
