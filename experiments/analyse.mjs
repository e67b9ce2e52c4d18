// Prints every number that docs/REPRODUCTION.md quotes, from run directories alone; nothing is trained.
//   npm run build && node experiments/analyse.mjs runs/paper [runs/universality ...] [--into docs/reproduction]
// --into FOLDER: also writes each run's tables to FOLDER/<run>.md and its summary to FOLDER/<run>.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSummary } from 'eigenstudent/sweep';
import { readGroups } from './analysis/groups.mjs';
import { besideTeacher, cuts, joints, layers, sizes, together, transitions } from './analysis/tables.mjs';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { into: { type: 'string' } } });
if (positionals.length === 0) {
  console.error('expected run directories, received none: node experiments/analyse.mjs runs/paper');
  process.exit(2);
}
for (const directory of positionals) {
  const text = await tablesOf(directory);
  console.log(text);
  if (values.into === undefined) continue;
  await mkdir(values.into, { recursive: true });
  const name = join(values.into, basename(directory));
  await writeFile(`${name}.md`, text);
  await writeFile(`${name}.json`, `${JSON.stringify(await writeSummary(directory), null, 1)}\n`);
}

async function tablesOf(directory) {
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
    ['Pruned students beside the pruned teacher', await besideTeacher(groups)],
  ].filter(([, text]) => text !== '');
  return [
    `# ${basename(directory)}`,
    '',
    `${trials.finished} of ${trials.total} trials, ${trials.failed} failed; ${engines.join(', ')}; ${Math.round(seconds)} core seconds.`,
    'Means over trials with 95 % bootstrap intervals.',
    '',
    ...sections.flatMap(([title, text]) => [`## ${title}`, text, '']),
  ].join('\n');
}
