/** Protocols of spectral-conv. */
import { z } from 'zod';
import {
  augmentField,
  dtypeField,
  expected,
  experimentField,
  nonNegativeInteger,
  nonNegativeNumber,
  positiveInteger,
  positiveNumber,
  strict,
  trialsField,
  zipField,
} from '../../../protocol/protocol-fields.js';
import type { TrialOf } from '../../../sweep/define-experiment.js';
import { dataSchema } from './data-schema.js';

const eigenvectors = nonNegativeNumber.default(0.01).describe('L2 penalty of the eigenvectors.');
const eigenvalues = nonNegativeNumber.default(0.01).describe('L2 penalty of the eigenvalues.');
const spectral = strict({ l2Eigenvectors: eigenvectors, l2Eigenvalues: eigenvalues });
const direct = strict({ l2Eigenvectors: eigenvectors });

/** 2 sqrt(0.01 0.01): with eigenvaluesIn = 0 both L2 penalties of `spectral` amount to this group lasso. */
const equivalentLasso = 0.02;

export const armsSchema = strict({
  spectral: spectral
    .exactOptional()
    .describe('Convolutions in the spectral parametrisation, eigenvaluesIn at 0.'),
  lasso: strict({
    groupLasso: nonNegativeNumber
      .default(equivalentLasso)
      .describe('Coefficient of the sum of the norms of the filters, in place of L2.'),
  })
    .exactOptional()
    .describe('Control: the same eigenvectors with eigenvaluesOut frozen at 1, and a group lasso.'),
  direct: direct
    .exactOptional()
    .describe('Direct training: the same eigenvectors with eigenvaluesOut frozen at 1.'),
  spectralBn: spectral.exactOptional().describe('`spectral` with batch norm after each convolution.'),
  directBn: direct.exactOptional().describe('`direct` with batch norm after each convolution.'),
  slimBn: strict({
    l2Eigenvectors: eigenvectors,
    l1Scale: nonNegativeNumber.default(0.01).describe('L1 penalty of the scales of the batch norms.'),
  })
    .exactOptional()
    .describe('Network slimming (arXiv 1708.06519): `directBn` with an L1 penalty of the scales.'),
});
export type ArmName = keyof typeof armsSchema.shape;
export const armNames = Object.keys(armsSchema.shape) as ArmName[];

const shares = z
  .array(
    z
      .number(expected('a share above 0, at most 1'))
      .gt(0, expected('a share above 0, at most 1'))
      .max(1, expected('a share above 0, at most 1')),
    expected('a list of shares'),
  )
  .min(1, expected('at least one share'))
  .refine(
    (value) => value.every((share, i) => i === 0 || share < (value[i - 1] as number)),
    expected('shares from the largest to the smallest, each once'),
  )
  .default([1, 0.75, 0.5, 0.375, 0.25, 0.1875, 0.125])
  .describe('Shares of the channels that each layer keeps, descending.');

const widths = z
  .array(positiveInteger, expected('a list of widths'))
  .length(3, expected('three widths'))
  .default([16, 32, 32])
  .describe('Channels of the three convolutions.');

export const schema = strict({
  experiment: experimentField('spectral-conv'),
  data: dataSchema,
  channels: widths,
  arms: armsSchema.describe('Parametrisations and penalties that are compared; each may be left out.'),
  augment: augmentField,
  epochs: positiveInteger.describe('Passes over the training images.'),
  batchSize: positiveInteger.default(128).describe('Images per training step.'),
  learningRate: positiveNumber
    .default(0.005)
    .describe('Of Adam at the first step; falls to 0 over all steps by a cosine.'),
  shares,
  randomOrders: positiveInteger
    .default(3)
    .describe('Random orders that the control `random` is the mean over.'),
  dtype: dtypeField.describe('Type of all numbers of a student.'),
  trials: trialsField.describe('Students per arm, which differ in first values and the order of the images.'),
  seed: nonNegativeInteger.describe(
    'Of first values, the order of images in training and random orders of channels.',
  ),
  zip: zipField,
});

export type Point = z.output<typeof schema>;
export type ConvProtocol = TrialOf<Point>;

export function hasBatchNorm(arm: ArmName): boolean {
  return arm.endsWith('Bn');
}
