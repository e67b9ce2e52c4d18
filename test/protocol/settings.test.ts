import { describe, expect, it } from 'vitest';
import { type Settings, settingColumns, settingsLabel, settingsOf } from '../../src/protocol/settings.js';
import { expand } from '../../src/protocol/trials.js';
import { smallProtocol } from '../sweep/small-protocol.js';

const labels = (...all: Settings[]) => all.map((settings) => settingsLabel(settings, settingColumns(all)));

describe('settings of trials', () => {
  const adam = { learningRate: { logspace: [0.1, 10, 3] } };
  const protocol = smallProtocol({
    teacher: { inputs: 3, teacherSize: [2, 3], secondWidth: 2 },
    arms: {
      spectral: { optimizer: { adam }, batchSize: [16] },
      direct: { optimizer: { adam: { learningRate: 1 } }, batchSize: [8, 16] },
    },
    seed: { count: 2 },
    epochs: [2, 4],
    trials: 1,
  });

  it('are the fields that vary, those of an arm within that arm, without sizes, seeds and constant fields', () => {
    const settings = expand(protocol).map((trial) => JSON.stringify(settingsOf(protocol)(trial.protocol)));
    const rates = [0.1, 1, 10].map((rate) => `"arms.spectral.optimizer.adam.learningRate":${rate}`);
    const sizes = [8, 16].map((size) => `"arms.direct.batchSize":${size}`);
    const expected = [2, 4].flatMap((epochs) =>
      [...rates, ...sizes].map((own) => `{${[own, `"epochs":${epochs}`].join(',')}}`),
    );
    expect([...new Set(settings)].sort()).toEqual(expected.sort());
  });
});

describe('labels of settings', () => {
  it('are as short as they are unambiguous, with one column for both arms', () => {
    const rate = { 'arms.spectral.optimizer.adam.learningRate': 0.1, 'data.train': 40 };
    expect(labels(rate, { 'arms.direct.optimizer.adam.learningRate': 0.2 })).toEqual([
      'learningRate 0.1, train 40',
      'learningRate 0.2',
    ]);
    expect(labels({ 'arms.spectral.l1.eigenvectors': 1, 'arms.spectral.l2.eigenvectors': 2 })).toEqual([
      'l1.eigenvectors 1, l2.eigenvectors 2',
    ]);
  });

  it('round fractions to four digits, or to as many as distinguish them, and do not round counts', () => {
    const [a, b, c] = [0.00316227766017, 0.0100000001, 0.0100000002];
    const label = (rate: number, train: number) => ({ rate, train });
    expect(labels(label(a, 12_345), label(b, 12_345), label(c, 12_346))).toEqual([
      'rate 0.003162, train 12345',
      'rate 0.0100000001, train 12345',
      'rate 0.0100000002, train 12346',
    ]);
  });

  it('name the differing fields of objects, or their beginning and number where they have other fields', () => {
    const optimizer = (value: object) => ({ 'arms.spectral.optimizer': value });
    const adam = { learningRate: 0.1, beta1: 0.9, beta2: 0.999 };
    expect(labels(optimizer({ adam }), optimizer({ adam: { ...adam, beta1: 0.5 } }))).toEqual([
      'beta1 0.9',
      'beta1 0.5',
    ]);
    expect(labels(optimizer({ adam }), optimizer({ sgd: { learningRate: 1 } }))).toEqual([
      'optimizer {adam: {learningRate… (1)',
      'optimizer {sgd: {learningRate: 1}}',
    ]);
    const [column] = settingColumns([optimizer({ adam }), optimizer({ sgd: {} })]);
    expect(column?.cell(optimizer({ adam }))).toBe('{adam: {learningRate: 0.1, beta1: 0.9, beta2: 0.999}}');
  });

  it('contain lists and null', () => {
    const trainable = { 'arms.spectral.trainable': ['eigenvectors', 'eigenvaluesOut'] };
    const alternating = { 'arms.spectral.alternating': null };
    expect(labels(trainable, alternating)).toEqual([
      'trainable eigenvectors eigenvaluesOut',
      'alternating null',
    ]);
  });
});
