import { pooledEffectiveSizes } from '../experiments/teacher-student/figures/effective-size.js';
import { armText, inFlow } from '../experiments/teacher-student/panels/arm-text.js';
import { settingCells } from '../experiments/teacher-student/panels/series.js';
import { groupTrials, type ReportTrial } from '../experiments/teacher-student/panels/trial-groups.js';
import type { Table } from '../figures/figure.js';
import { meanAndSpread } from '../figures/mean-and-spread.js';
import { duration, listed } from '../figures/numbers-in-text.js';
import { valuesOf } from '../protocol/axes.js';
import { formatProtocol } from '../protocol/protocol.js';
import { parametrizations } from '../protocol/protocol-schema.js';
import { settingColumns, settingsLabel, settingsOf } from '../protocol/settings.js';
import { problemFacts } from './problem-facts.js';
import type { Run } from './read-run.js';

/** What was run, as pairs of a name and plain text. */
export function runFacts(run: Run): [name: string, text: string][] {
  const { protocol, records } = run;
  const { teacher, data, inputs, outputs } = problemFacts(protocol);
  const of = (name: string) => listed(valuesOf(protocol, name).map(inFlow));
  const given = (name: string, text: (values: string) => string) =>
    valuesOf(protocol, name)[0] === undefined ? '' : text(of(name));
  const seconds = records.reduce((total, record) => total + record.seconds, 0);
  const ended = records
    .map((record) => record.finishedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC'))
    .sort();
  const all = valuesOf(protocol, 'student.spectralLayers')[0] !== undefined;
  const trained = all ? 'every hidden layer' : 'first layer';
  return [
    ['Trials', trialTally(run)],
    ['Teacher', teacher],
    [
      'Students',
      `${inputs} → h = ${of('student.width')} (${of('student.activation')}) → ` +
        `${of('student.secondWidth')} → ${given('student.thirdWidth', (third) => `${third} → `)}${outputs}` +
        `${given('student.outputActivation', (activation) => ` (${activation})`)}, ` +
        `${given('student.spectralLayers', (layers) => `spectral layers: ${layers}, `)}` +
        `${of('trials')} of each, seed ${of('seed')}`,
    ],
    ['Data', data],
    ...parametrizations.flatMap((name): [string, string][] => {
      const arm = protocol.arms[name];
      return arm ? [[name[0]?.toUpperCase() + name.slice(1), armText(arm, of('epochs'), trained)]] : [];
    }),
    ['Engine', distinct(records.map(({ engine, dtype }) => `${engine} ${dtype}`))],
    [
      'Versions',
      distinct(records.map(({ versions }) => `eigenstudent ${versions.eigenstudent}, Node ${versions.node}`)),
    ],
    ['Training time', `${duration(seconds)} in all`],
    ['Finished', ended[0] === ended.at(-1) ? `${ended[0]}` : `${ended[0]} to ${ended.at(-1)}`],
  ];
}

/** Every number of the protocol. */
export function protocolText(run: Run): string {
  return formatProtocol(run.protocol);
}

/** One row per group, the numbers that a reader looks for first. */
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
  // Of thousands of records this takes a while, and most runs have no use for it.
  const columns = failed.length > 0 ? settingColumns(records.map((record) => of(record.protocol))) : [];
  return [
    ...failed.map((record) => {
      const { key, parametrization, teacherSize, width, trial, error } = record;
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
    ...damaged.map(({ key, reason }) => `${key}: damaged, will be trained again; ${reason}`),
  ];
}

function trialTally({ expected, trials, failed, damaged }: Run): string {
  const missing = expected - trials.length - failed.length - damaged.length;
  return [
    `${trials.length} of ${expected} finished`,
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(damaged.length > 0 ? [`${damaged.length} damaged`] : []),
    ...(missing > 0 ? [`${missing} not run yet`] : []),
  ].join(', ');
}

function distinct(texts: readonly string[]): string {
  return [...new Set(texts)].sort().join('; ');
}
