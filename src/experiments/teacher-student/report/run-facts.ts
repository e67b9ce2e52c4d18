import type { Table } from '../../../figures/figure.js';
import { meanAndSpread } from '../../../figures/mean-and-spread.js';
import { listed } from '../../../figures/numbers-in-text.js';
import { valuesOf } from '../../../protocol/axes.js';
import { settingColumns, settingsLabel, settingsOf } from '../../../protocol/settings.js';
import { damagedText, type Fact, provenanceFacts, trialTally } from '../../../sweep/report-facts.js';
import { pooledEffectiveSizes } from '../figures/effective-size.js';
import { armText, inFlow } from '../panels/arm-text.js';
import { settingCells } from '../panels/series.js';
import { groupTrials, type ReportTrial } from '../panels/trial-groups.js';
import type { StudentPlace } from '../protocol/place.js';
import { type Protocol, parametrizations } from '../protocol/schema.js';
import { isLayered } from '../protocol/student-schema.js';
import { problemFacts } from './problem-facts.js';
import type { Run } from './read-run.js';

/** Facts about the run, as pairs of a name and plain text. */
export function runFacts(run: Run): Fact[] {
  const { protocol, records } = run;
  const { teacher, data, inputs, outputs } = problemFacts(protocol);
  const of = (name: string) => listed(valuesOf(protocol, name).map(inFlow));
  const given = (name: string, text: (values: string) => string) =>
    valuesOf(protocol, name)[0] === undefined ? '' : text(of(name));
  const trained = trainedText(protocol);
  return [
    ['Trials', trialTally({ ...run, finished: run.trials.length })],
    ['Teacher', teacher],
    [
      'Students',
      `${inputs} → ${hiddenText(protocol)} → ${outputs}` +
        `${given('student.outputActivation', (activation) => ` (${activation})`)}, ` +
        `${given('student.spectralLayers', (layers) => `spectral layers: ${layers}, `)}` +
        `${of('trials')} of each, seed ${of('seed')}`,
    ],
    ['Data', data],
    ...augmentFacts(protocol),
    ...parametrizations.flatMap((name): Fact[] => {
      const arm = protocol.arms[name];
      return arm ? [[name[0]?.toUpperCase() + name.slice(1), armText(arm, of('epochs'), trained)]] : [];
    }),
    ...provenanceFacts(records),
  ];
}

function augmentFacts(protocol: Protocol): Fact[] {
  if (!protocol.augment) return [];
  const of = (name: string) => listed(valuesOf(protocol, `augment.${name}`).map(inFlow));
  return [['Images', `moved at random while trained on: shift ${of('shift')}, flip ${of('flip')}`]];
}

/** "h = 20, 60 (relu) → 20": the hidden layers of all students, axes as written. */
function hiddenText(protocol: Protocol): string {
  const of = (name: string) => listed(valuesOf(protocol, name).map(inFlow));
  if (isLayered(protocol.student)) return of('student.layers');
  const [third] = valuesOf(protocol, 'student.thirdWidth');
  const given = (name: string, text: (values: string) => string) =>
    valuesOf(protocol, name)[0] === undefined ? '' : text(of(name));
  const further = third === undefined ? '' : ` → ${of('student.thirdWidth')}`;
  return `h = ${of('student.width')} (${of('student.activation')}${given('student.slope', (slope) => `, slope ${slope}`)}) → ${of('student.secondWidth')}${further}`;
}

/** The layers that the arms train. */
function trainedText(protocol: Protocol): string {
  if (isLayered(protocol.student)) return 'each spectral layer';
  return valuesOf(protocol, 'student.spectralLayers')[0] === undefined ? 'first layer' : 'every hidden layer';
}

/** One row per group with the main results. */
export function summaryTable(run: Run): Table {
  const groups = groupTrials(run.trials);
  const settings = settingCells(groups);
  return {
    columns: [
      'h_T',
      'width h',
      'parametrization',
      ...settings.columns,
      'trials',
      'n_λ',
      'n_λ pooled',
      'train loss',
      'test loss',
      'seconds',
    ],
    rows: groups.map((group) => {
      const of = (value: (trial: ReportTrial) => number) => meanAndSpread(group.trials.map(value));
      return [
        group.teacherSize || 'none',
        group.width,
        group.parametrization,
        ...settings.cells(group),
        group.trials.length,
        of((trial) => trial.effectiveSize),
        meanAndSpread(pooledEffectiveSizes(group)),
        of((trial) => trial.trainLoss),
        of((trial) => trial.testLoss),
        of((trial) => trial.seconds),
      ];
    }),
  };
}

/** Trials without a result, and why. */
export function troubles({ protocol, records, failed, damaged }: Run): string[] {
  const of = settingsOf(protocol);
  // With thousands of records this takes a while, and most runs have no such trial.
  const columns = failed.length > 0 ? settingColumns(records.map((record) => of(record.protocol))) : [];
  return [
    ...failed.map((record) => {
      const { key, trial, error, scalars } = record;
      const { parametrization, teacherSize, width } = scalars as StudentPlace;
      const settings = settingsLabel(of(record.protocol), columns);
      const place = [
        parametrization,
        ...(teacherSize > 0 ? [`h_T = ${teacherSize}`] : []),
        `width ${width}`,
        ...(settings === '' ? [] : [settings]),
        `trial ${trial} (${key})`,
      ];
      return `${place.join(', ')}: failed, ${error.message}`;
    }),
    ...damaged.map(damagedText),
  ];
}
