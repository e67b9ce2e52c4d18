// Tables of runs of spectral-conv: accuracy with a share of the channels kept.
import { basename } from 'node:path';
import { readRecords, writeSummary } from 'eigenstudent/sweep';
import { meanOf } from './measures.mjs';
import { interval, table } from './text.mjs';

const arms = ['spectral', 'lasso', 'direct', 'spectralBn', 'directBn', 'slimBn'];
const criteria = ['eigenvalue', 'relevance', 'l1', 'batchNormScale', 'random'];
const curves = criteria.flatMap((name) => [name, `${name}Recalibrated`]);
const percent = (value) => `${Number((100 * value).toFixed(2))} %`;

export async function isOfConvolutions(directory) {
  return (await readRecords(directory))[0]?.experiment === 'spectral-conv';
}

export async function channelTables(directory) {
  const { trials, engines } = await writeSummary(directory);
  const records = (await readRecords(directory)).filter((record) => record.error === undefined);
  const seconds = records.reduce((total, record) => total + record.seconds, 0);
  const { data } = records[0].protocol;
  return [
    `# ${basename(directory)}`,
    '',
    `${trials.finished} of ${trials.total} trials, ${trials.failed} failed; ${engines.join(', ')}; ${Math.round(seconds)} s of training and pruning, one thread a student.`,
    `Accuracy in % on ${data.test} images of ${data.measure}, means over trials with 95 % bootstrap intervals.`,
    '',
    '## Accuracy with a share of the channels',
    accuracies(groupsOf(records)),
    '',
    '## Unpruned networks',
    unpruned(groupsOf(records)),
    ...besideLasso(groupsOf(records)),
  ].join('\n');
}

/** Records that differ in nothing but their index, in the order of the arms. */
function groupsOf(records) {
  const groups = new Map();
  for (const record of records.sort((a, b) => a.trial - b.trial)) {
    const { name, ...penalties } = record.protocol.arm;
    const key = JSON.stringify([name, penalties]);
    if (!groups.has(key))
      groups.set(key, { name, penalties: Object.values(penalties).join(', '), records: [] });
    groups.get(key).records.push(record);
  }
  return [...groups.values()].sort(
    (a, b) => arms.indexOf(a.name) - arms.indexOf(b.name) || a.penalties.localeCompare(b.penalties),
  );
}

function accuracies(groups) {
  const { shares } = groups[0].records[0].protocol;
  const rows = groups.flatMap(({ name, penalties, records }) =>
    curves
      .filter((curve) => records.every(({ scalars }) => scalars[curve] !== undefined))
      .map((curve) => [
        name,
        penalties,
        curve.replace('Recalibrated', ', again'),
        ...shares.map((_, i) => interval(meanOf(records, ({ scalars }) => 100 * scalars[curve][i]))),
      ]),
  );
  return table(['arm', 'penalties', 'ranked by', ...shares.map(percent)], rows);
}

function unpruned(groups) {
  const mean = (records, measure) => interval(meanOf(records, measure));
  const rows = groups.map(({ name, penalties, records }) => [
    name,
    penalties,
    records.length,
    mean(records, ({ scalars }) => 100 * scalars.trainAccuracy),
    mean(records, ({ scalars }) => 100 * scalars.accuracy),
    ...[0, 1, 2].map((layer) => mean(records, ({ scalars }) => scalars.effectiveChannels[layer])),
    mean(records, ({ seconds }) => seconds),
  ]);
  const channels = ['channels 1', 'channels 2', 'channels 3'];
  return table(['arm', 'penalties', 'trials', 'train', 'measured', ...channels, 'seconds'], rows);
}

/** The group lasso against the spectral arm, trial by trial: they have the same first values. */
function besideLasso(groups) {
  const [spectral, lasso] = ['spectral', 'lasso'].map((arm) => groups.filter(({ name }) => name === arm));
  if (spectral.length !== 1 || lasso.length !== 1) return [];
  const rows = spectral[0].records[0].protocol.shares.map((share, i) => {
    const differences = spectral[0].records.flatMap(({ trial, scalars }) => {
      const other = lasso[0].records.find((record) => record.trial === trial);
      return other ? [100 * (other.scalars.relevance[i] - scalars.eigenvalue[i])] : [];
    });
    const ahead = differences.filter((value) => value > 0).length;
    return [
      percent(share),
      interval(meanOf(differences, (value) => value)),
      `${ahead} of ${differences.length}`,
    ];
  });
  const columns = ['channels', 'lasso by relevance - spectral by eigenvalue', 'lasso ahead'];
  return ['', '## Lasso beside spectral', table(columns, rows)];
}
