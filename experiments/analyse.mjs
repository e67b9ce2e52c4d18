// Prints every number that docs/REPRODUCTION.md quotes, from run directories alone; nothing is trained.
//   npm run build && node experiments/analyse.mjs runs/paper [runs/universality ...] [--into docs/reproduction]
// --into FOLDER: also writes each run's tables to FOLDER/<run>.md and its summary to FOLDER/<run>.json.
// --together NAME: only the table of the transition, of all runs as if they were one, as FOLDER/NAME.md.
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSummary } from 'eigenstudent/sweep';
import { channelTables, isOfConvolutions } from './analysis/channels.mjs';
import { byRanking, hasRankings, overTraining } from './analysis/controls.mjs';
import { readGroups } from './analysis/groups.mjs';
import { meanOf } from './analysis/measures.mjs';
import {
  besideTeacher,
  cuts,
  heads,
  joints,
  layers,
  rankings,
  sizes,
  teachers,
  together,
  transitions,
} from './analysis/tables.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { into: { type: 'string' }, together: { type: 'string' } },
});
if (positionals.length === 0) {
  console.error('expected run directories, received none: node experiments/analyse.mjs runs/paper');
  process.exit(2);
}
if (values.together === undefined) {
  for (const directory of positionals) {
    await keep(basename(directory), 'md', await tablesOf(directory));
    await keep(basename(directory), 'json', JSON.stringify(await writeSummary(directory), null, 1));
  }
} else {
  await keep(values.together, 'md', await tablesTogether(positionals, values.together));
}

/** Tables are printed, and everything is written where it is to be kept. */
async function keep(name, ending, text) {
  if (ending === 'md') console.log(text);
  if (values.into === undefined) return;
  await mkdir(values.into, { recursive: true });
  await writeFile(join(values.into, `${name}.${ending}`), `${text}\n`);
}

async function tablesTogether(directories, name) {
  const groups = [];
  for (const directory of directories) groups.push(...(await readGroups(directory)));
  const names = directories.map((directory) => basename(directory)).join(', ');
  return [`# ${name}`, '', `Runs as if they were one: ${names}.`, '', together(groups)].join('\n');
}

async function tablesOf(directory) {
  if (await isOfConvolutions(directory)) return channelTables(directory);
  const groups = await readGroups(directory);
  const { trials, engines } = await writeSummary(directory);
  const seconds = groups
    .flatMap((group) => group.trials)
    .reduce((total, { record }) => total + record.seconds, 0);
  const sections = [
    ['Effective size and loss', sizes(groups)],
    ['Thresholds, pruning, overlap with the teacher', cuts(groups)],
    ['Layers', layers(groups)],
    ['Transition', transitions(groups)],
    ['All together', together(groups)],
    ['Effective size against width', joints(groups)],
    ['Ranked by eigenvalue alone', await rankings(groups)],
    ['Teachers', await teachers(groups)],
    ['Pruned students beside the pruned teacher', await besideTeacher(groups)],
    ...(hasRankings(groups) ? controls(groups) : []),
  ].filter(([, text]) => text !== '');
  return [
    `# ${basename(directory)}`,
    '',
    `${trials.finished} of ${trials.total} trials, ${trials.failed} failed; ${engines.join(', ')}; ${Math.round(seconds)} s of training, one thread a student.`,
    'Means over trials with 95 % bootstrap intervals.',
    '',
    ...sections.flatMap(([title, text]) => [`## ${title}`, text, '']),
  ]
    .join('\n')
    .trimEnd();
}

function controls(groups) {
  const head = heads(groups);
  return [
    ['Effective size over training', overTraining(groups, head, meanOf)],
    ['Nodes within 10 % of the unpruned loss, by ranking', byRanking(groups, head, meanOf)],
  ];
}
