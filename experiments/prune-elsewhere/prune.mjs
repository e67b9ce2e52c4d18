// Prunes the networks that train.py wrote, with the call of docs/how-to/prune-a-network.md, and prints a row of a table for each:
//   node experiments/prune-elsewhere/prune.mjs FOLDER [NAME ...]
// Validation data choose; test data are looked at once, at the end. EIGENSTUDENT=FILE names another command than dist/cli/main.js.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder, ...names] = process.argv.slice(2);
const command = process.env.EIGENSTUDENT ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const chosen = names.length > 0 ? names : readdirSync(folder).sort();

console.log(
  '| data | samples: training, validation, test | hidden nodes | numbers | penalties chosen | accuracy: training | validation | test |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const name of chosen) {
  const data = (option, part) => [
    option,
    ...['x', 'y'].map((array) => join(folder, name, `${part}-${array}.npy`)),
  ];
  const argv = [
    ...['prune', join(folder, name, 'model.npz'), ...data('--data', 'train')],
    ...[...data('--validation-data', 'validation'), ...data('--test-data', 'test')],
    ...['--max-degradation', '1%', '--scope', 'global', '--fine-tune', '50'],
    ...['--export', join(folder, name, 'small.onnx'), '--json'],
  ];
  const told = JSON.parse(
    execFileSync(process.execPath, [command, ...argv], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const nodes = told.layers.map(({ before, after }) => `${before} → ${after}`).join(', ');
  const accuracy = ({ before, after }) => `${before.toFixed(4)} → ${after.toFixed(4)}`;
  const samples = ['train', 'validation', 'test'].map((part) => told.data[part].samples).join(', ');
  const penalties =
    told.l2 === null ? 'none: the model as it came' : `${told.l2.eigenvectors}, ${told.l2.eigenvaluesOut}`;
  const accuracies = ['train', 'validation', 'test'].map((part) => accuracy(told.metric[part])).join(' | ');
  console.log(
    `| ${name} | ${samples} | ${nodes} | ${told.parameters.before} → ${told.parameters.after} | ${penalties} | ${accuracies} |`,
  );
}
