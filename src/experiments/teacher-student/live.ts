import type { LiveView } from '../../sweep/live-view.js';

/** Charts of students on the page of `watch`. */
export const studentView: LiveView = {
  title: 'Students at work',
  arms: [
    { name: 'spectral', color: 'spectral' },
    { name: 'direct', color: 'direct' },
  ],
  armField: 'parametrization',
  shade: { field: 'width', symbol: 'h' },
  history: {
    epoch: 'lossHistory.epoch',
    trainLoss: 'lossHistory.trainLoss',
    validationLoss: 'lossHistory.validationLoss',
    effectiveSize: 'lossHistory.effectiveSize',
  },
  groupChart: {
    name: 'size',
    title: 'Effective size against width',
    note:
      'So far: mean ± standard deviation over the trials of a width, each at its last evaluation. The dashed line is the ' +
      'teacher, h_T.',
    axis: 'effective size',
    reference: 'teacherSize',
    value: 'effectiveSize',
    symbol: 'n_λ',
    against: 'width',
    againstSymbol: 'h',
    againstAxis: 'student width h',
    of: 'kinds of students',
  },
  curves: [
    {
      name: 'loss',
      title: 'Loss while training',
      note: 'One line per trial.',
      axis: 'loss',
      quantities: [
        { name: 'trainLoss', label: 'train loss' },
        { name: 'validationLoss', label: 'validation loss', choice: 'validation data' },
      ],
      isCapped: true,
    },
    {
      name: 'emerging',
      title: 'Effective size while training',
      note: 'Nodes whose relevance is above the threshold, of each student. The dashed line is the teacher, h_T.',
      axis: 'effective size',
      quantities: [{ name: 'effectiveSize', label: 'n_λ' }],
      reference: 'teacherSize',
    },
  ],
  values: [
    { name: 'effectiveSize', heading: 'n_λ so far', withSpread: true },
    { name: 'trainLoss', heading: 'train loss' },
  ],
};
