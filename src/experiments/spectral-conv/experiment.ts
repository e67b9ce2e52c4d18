/** Spectral convolutions: which share of the channels of small networks can be removed, by which criterion. */
import type { ProtocolDocument } from '../../protocol/experiment-form.js';
import { defineExperiment } from '../../sweep/define-experiment.js';
import type { Runner } from '../../sweep/experiment.js';
import { atOnce } from './protocol/at-once.js';
import { augmentIssues } from './protocol/augment-issues.js';
import { formNames } from './protocol/data-schema.js';
import { byContents, fromFolder, lookAtFiles } from './protocol/files.js';
import { armNames, type ConvProtocol, type Point, schema } from './protocol/schema.js';
import { presets, template } from './protocol/template.js';
import { convScalars } from './record/scalars.js';

export const spectralConv = defineExperiment({
  name: 'spectral-conv',
  title: 'Which share of the channels of small convolutional networks can be removed, by arm and criterion.',
  template,
  presets,
  schema,
  exampleAxis: 'learningRate',
  axisIssues: (paths) =>
    paths
      .filter(([section, field]) => section === 'data' && formNames.some((form) => form === field))
      .map((path) => ({
        path,
        message:
          'expected one value, received several: files do not vary within a protocol. Write a protocol for each',
      })),
  issues: augmentIssues,
  fromFolder: (protocol, folder) => fromFolder(protocol as never, folder),
  resolve: (protocol) => lookAtFiles(protocol as never),

  trialsAt: ({ trials: _, zip: __, arms: ___, ...point }, arm) => {
    const data = byContents(point.data);
    return (trial) =>
      ({ ...point, data, arm: { ...arm?.fields, name: arm?.name }, schema: 1, trial }) as ConvProtocol;
  },
  place: ({ arm }) => ({ parametrisation: arm.name }),
  placeColumns: [{ name: 'parametrisation', heading: 'arm', isText: true }],
  placeAxes: [],
  comparePlaces: (a, b) => armIndex(a.parametrisation) - armIndex(b.parametrisation),
  describe: ({ arm, trial }) => `${arm.name}, trial ${trial}`,
  stepsOf: (trial) => trial.epochs * stepsPerEpoch(trial),
  epochsOf: ({ epochs }) => epochs,
  workOf: (trial) => trial.epochs * trial.data.train,
  bytesOf,
  open: openConvolutions,

  scalars: convScalars,
  report: async (directory, plain) => (await import('./report/content.js')).convReport(directory, plain),
  live: {
    title: 'Convolutional students at work',
    arms: [],
    history: { epoch: 'history.epoch', trainLoss: 'history.trainLoss' },
    curves: [
      {
        name: 'loss',
        title: 'Loss while training',
        note: 'One line per trial: the loss on the last batch of an epoch, without penalty.',
        axis: 'loss',
        quantities: [{ name: 'trainLoss', label: 'loss' }],
        isCapped: true,
      },
    ],
    values: [{ name: 'accuracy', heading: 'accuracy', withSpread: true }],
  },
});

function armIndex(name: number | string | undefined): number {
  return (armNames as readonly (number | string | undefined)[]).indexOf(name);
}

function stepsPerEpoch({ data, batchSize }: Pick<Point, 'data' | 'batchSize'>): number {
  return Math.ceil(data.train / batchSize);
}

/** Images, as numbers of 8 bytes, and the outputs of all layers of a batch with their gradients: an upper estimate. */
function bytesOf({ data, channels, batchSize }: ConvProtocol): number {
  const pixels =
    (data.csv?.shape ?? [28, 28]).reduce((product, extent) => product * extent, 1) / data.pool ** 2;
  const widest = Math.max(...channels);
  return 8 * pixels * (data.train + data.test + 8 * batchSize * widest) + 1e6;
}

/** The training modules are loaded with the first batch: most commands train nothing. */
function openConvolutions(protocol: ProtocolDocument): Runner<ConvProtocol> {
  const loading = import('./run/open.js').then(({ openConvolutions: open }) => open(protocol as never));
  return { atOnce, runBatch: async (trials, options) => (await loading).runBatch(trials, options) };
}
