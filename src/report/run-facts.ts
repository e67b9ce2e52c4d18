import { stringify } from 'yaml';
import { formatProtocol } from '../sweep/protocol/protocol.js';
import { type Arm, parametrizations } from '../sweep/protocol/protocol-schema.js';
import type { Table } from './figure.js';
import { pooledEffectiveSizes } from './figures/effective-size.js';
import { duration, meanAndSpread } from './numbers-in-text.js';
import type { Run } from './read-run.js';
import { groupTrials, type ReportTrial } from './trial-groups.js';

/** What was run, as pairs of a name and plain text. */
export function runFacts(run: Run): [name: string, text: string][] {
  const { protocol, records } = run;
  const { teacher, data, student } = protocol;
  const seconds = records.reduce((total, record) => total + record.seconds, 0);
  const ended = records
    .map((record) => record.finishedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC'))
    .sort();
  return [
    ['Trials', trialTally(run)],
    [
      'Teacher',
      `${teacher.inputs} → h_T = ${list(teacher.teacherSize)} → ${teacher.secondWidth} → 1, seed ${teacher.seed}`,
    ],
    [
      'Students',
      `${teacher.inputs} → h = ${list(student.width)} (${student.activation}) → ${student.secondWidth} → 1, ` +
        `${protocol.trials} of each, seed ${protocol.seed}`,
    ],
    [
      'Data',
      `${data.train} patterns to train on, ${data.validation} to validate, ${data.test} to test, fresh for every trial`,
    ],
    ...parametrizations.flatMap((name): [string, string][] => {
      const arm = protocol.arms[name];
      return arm ? [[name[0]?.toUpperCase() + name.slice(1), describeArm(arm, protocol.epochs)]] : [];
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
  return {
    columns: [
      'h_T',
      'width h',
      'parametrization',
      'trials',
      'n_λ',
      'n_λ pooled',
      'train loss',
      'test loss',
      'seconds',
    ],
    rows: groupTrials(run.trials).map((group) => {
      const of = (value: (trial: ReportTrial) => number) => meanAndSpread(group.trials.map(value));
      return [
        group.teacherSize,
        group.width,
        group.parametrization,
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
export function troubles({ failed, damaged }: Run): string[] {
  return [
    ...failed.map(
      ({ parametrization, teacherSize, width, trial, error }) =>
        `${parametrization}, h_T = ${teacherSize}, width ${width}, trial ${trial}: failed, ${error.message}`,
    ),
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

/** "adam (learningRate 0.005, ...), batch 300, L2: eigenvectors 0.01, trains eigenvectors, 2000 epochs" */
function describeArm(arm: Arm, epochs: number): string {
  const [[optimizer, settings] = ['', {}]] = Object.entries(arm.optimizer);
  const penalties = (['l1', 'l2'] as const).flatMap((name) => {
    const terms = Object.entries(arm[name]).filter(([, factor]) => factor > 0);
    return terms.length === 0
      ? []
      : [`${name.toUpperCase()} ${terms.map((term) => term.join(' ')).join(', ')}`];
  });
  return [
    `first layer trains ${arm.trainable.join(' and ')}`,
    `${optimizer} (${inline(settings)})`,
    `batch ${arm.batchSize}`,
    ...penalties,
    ...(arm.alternating ? [`alternating every ${arm.alternating.every} ${arm.alternating.unit}`] : []),
    `${epochs} epochs`,
  ].join('; ');
}

/** `learningRate 0.005, beta1 0.9`; schedules as flow YAML. */
function inline(settings: object): string {
  return Object.entries(settings)
    .map(([name, value]) =>
      typeof value === 'object'
        ? `${name} ${stringify(value, { collectionStyle: 'flow' }).trim()}`
        : `${name} ${value}`,
    )
    .join(', ');
}

function list(value: number | readonly number[]): string {
  return [value].flat().join(', ');
}

function distinct(texts: readonly string[]): string {
  return [...new Set(texts)].sort().join('; ');
}
