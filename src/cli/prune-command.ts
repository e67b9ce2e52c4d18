/** Options and help of the command prune, for a student of a run directory or the network of a file. */
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Command } from 'commander';
import { EigenstudentError } from '../errors.js';
import {
  addJsonOption,
  autoOrNumbers,
  dashed,
  fraction,
  ignoreHangupOption,
  number,
  path,
} from './arguments.js';
import { ignoreHangup } from './interruptible.js';
import type { PruneModelOptions } from './model/options.js';
import type { PruneOptions } from './prune.js';
import type { ExitCode, Session, Work } from './session.js';

export function addPruneCommand(program: Command, choose: (work: Work) => void): void {
  const command = addJsonOption(program.command('prune'))
    .description('cuts a network down to its most relevant nodes and saves it')
    .argument('<source>', 'run directory, or the file of a network: .onnx, .safetensors, .npz')
    .option(
      '--keep <n>',
      'how many nodes stay (default of a run directory: the effective size)',
      number('--keep'),
    )
    .option('--percentile <p>', 'nodes below this percentile of relevance go', number('--percentile'))
    .option(
      '--max-degradation <x>',
      'nodes go until the validation loss (or accuracy) would be worse by more than this part of what it was, as in 1% or 0.01',
      fraction('--max-degradation'),
    );
  addRunOptions(command);
  addModelOptions(command);
  addDataOptions(command)
    .addHelpText('after', pruneExamples)
    .action((source: string, options: PruneOptions & PruneModelOptions) =>
      choose((session) => prune(source, options, session)),
    );
}

const runOptions = ['trial', 'width', 'arm', 'out'] as const;
function addRunOptions(command: Command): void {
  command
    .optionsGroup('Of a run directory:')
    .option('--trial <key>', 'the student of this trial (the name of its folder, or how it begins)')
    .option('--width <n>', 'a student of this width', number('--width'))
    .option('--arm <name>', 'a student of this parametrisation: spectral or direct')
    .option(
      '--out <file>',
      '.onnx or .safetensors (default: ./pruned-<key>-<nodes kept>.safetensors)',
      path('--out'),
    );
}

const modelOptions = [
  ...['description', 'output', 'scope', 'criterion', 'leave', 'round', 'points', 'recalibrate'],
  ...['export', 'fineTune', 'learningRate', 'batchSize', 'l2'],
  ...[
    'data',
    'validationData',
    'testData',
    'inputs',
    'labels',
    'exclude',
    'normalize',
    'loss',
    'metric',
    'seed',
  ],
];
function addModelOptions(command: Command): void {
  command
    .optionsGroup('Of the file of a network:')
    .option('--description <file>', 'JSON that names the layers (default: beside it, as model.json)')
    .option('--output <name>', 'the output of an ONNX file that is read, where it has several')
    .option('--scope <name>', 'layer, each by itself, or global, all in one ranking (default: layer)')
    .option(
      '--criterion <name>',
      'L, M, relevance, eigenvalue, weightNorm, l1, batchNormScale or random (default: L of spectral layers, M of dense ones, ' +
        'relevance of others)',
    )
    .option('--leave <layers>', 'names or indices of layers that keep all nodes, as in stem,3', layerList)
    .option(
      '--round <n>',
      'the nodes that stay are rounded up to a multiple of this (default: 1)',
      number('--round'),
    )
    .option(
      '--points <n>',
      'measures and prints the loss at so many numbers of kept nodes of each layer, before the cut, on validation data',
      number('--points'),
    )
    .option('--recalibrate', 'measures the running statistics of batch norm again after a cut, on --data')
    .option(
      '--export <file>',
      '.onnx or .safetensors (default: ./<name>-pruned, of the kind of the source)',
      path('--export'),
    )
    .option(
      '--fine-tune <epochs>',
      'trains it first, its hidden layers spectral and penalised',
      number('--fine-tune'),
    )
    .option('--learning-rate <x>', 'of Adam, to fine-tune (default: 0.001)', number('--learning-rate'))
    .option('--batch-size <n>', 'samples per step, to fine-tune (default: 100)', number('--batch-size'))
    .option(
      '--l2 <a,b>',
      'penalties of eigenvectors and eigenvaluesOut, to fine-tune, as in 0.01,0.0005; auto: validation data choose (default)',
      autoOrNumbers('--l2', '0.01,0.0005'),
    );
}

/** Names, and indices as numbers. */
function layerList(words: string): (string | number)[] {
  return words
    .split(',')
    .map((word) => word.trim())
    .map((word) => (/^\d+$/.test(word) ? Number(word) : word));
}

function addDataOptions(command: Command): Command {
  return command
    .optionsGroup('Of the data that go with the file of a network:')
    .option(
      '--data <files...>',
      'training samples with their labels: x.npy y.npy; images-idx3-ubyte labels-idx1-ubyte; one .npz, .csv or .parquet; one ' +
        '.npz and the names of its arrays; or one .yaml, of the form of `data` of a protocol, that describes all parts',
    )
    .option(
      '--validation-data <files...>',
      'samples that --max-degradation and --l2 auto look at (default: a fifth of --data, held out)',
    )
    .option('--test-data <files...>', 'samples that are looked at once, at the end')
    .option(
      '--inputs <names>',
      'the array of an .npz with the inputs (default: x), or columns of a table, as in a,b,c (default: all others)',
    )
    .option(
      '--labels <name>',
      'the array of an .npz (default: y), or the column of a table with classes or targets, several as in u,v',
    )
    .option('--exclude <names>', 'columns of a table that are no inputs, as in id,date')
    .option(
      '--normalize <kind>',
      'inputs, by the statistics of all of --data: standard, standardPerChannel (images), unit or none (default: none)',
    )
    .option('--loss <name>', 'crossEntropy for classes or mse (default: crossEntropy after a softmax)')
    .option('--metric <name>', 'loss or accuracy (default: accuracy where there are classes)')
    .option(
      '--seed <n>',
      'names the split of the data, the shuffles and the order of --criterion random (default: 0)',
      number('--seed'),
    )
    .option(...ignoreHangupOption);
}

async function prune(
  source: string,
  options: PruneOptions & PruneModelOptions,
  session: Session,
): Promise<ExitCode> {
  if (options.ignoreHangup) ignoreHangup();
  if (await isNetworkFile(source)) {
    checkNone(options, runOptions, `${source} is a file; that option is for a student of a run directory`);
    return (await import('./prune-model.js')).pruneModel(source, options, session);
  }
  checkNone(options, modelOptions, 'that option is for the file of a network, <source> is a run directory');
  return (await import('./prune.js')).pruneRun(source, options, session);
}

/** Whether the path is a file, or has the extension of a network's file. */
async function isNetworkFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found ? found.isFile() : ['.onnx', '.safetensors', '.npz'].includes(extname(path).toLowerCase());
}

function checkNone(options: object, names: readonly string[], reason: string): void {
  const [name] = names.filter((one) => (options as Record<string, unknown>)[one] !== undefined);
  if (name === undefined) return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected no ${dashed(name)} for \`prune\` here: ${reason}`,
  );
}

const pruneExamples = `
Of a run directory: of the trials that match, the one with the lowest validation loss is taken. At most one of --keep,
--percentile and --max-degradation says how far to prune.

Of a file: exactly one of them. --keep counts the nodes of each hidden layer, with --scope global of all together.
--max-degradation counts from the metric of the model as it came, on validation data. Nodes go one by one, the least relevant
first, up to the first that breaks the bound (of more than 256, several at a time, and one by one before the cut that breaks
it). With --fine-tune and without --l2, networks are fine-tuned under five penalties, from the same start; of
these and of the model as it came, the one that keeps the fewest nodes within the bound is taken (with --keep or --percentile:
the one with the best metric on validation data).

Without --validation-data a fifth of --data is held out to validate, and without --test-data as well another fifth, on which
nothing is chosen. If the model was trained on these samples, its accuracy on them is not a test.

Examples:
  $ eigenstudent prune runs/quick --width 200
  $ eigenstudent prune runs/quick --trial 3f2a --keep 25 --out small.safetensors
  $ eigenstudent prune runs/quick --arm direct --max-degradation 5%
  $ eigenstudent prune model.onnx --keep 50
  $ eigenstudent prune model.onnx --data x.npy y.npy --max-degradation 1% --scope global --export small.onnx
  $ eigenstudent prune cnn.onnx --data fashion.yaml --max-degradation 1% --fine-tune 5 --export small.onnx
  $ eigenstudent prune model.onnx --data x.npy y.npy --validation-data vx.npy vy.npy --test-data tx.npy ty.npy \\
      --fine-tune 50 --max-degradation 1% --scope global
  $ eigenstudent prune model.npz --data mnist.npz x_train y_train --test-data mnist.npz x_test y_test --fine-tune 20 \\
      --max-degradation 1%
  $ eigenstudent prune model.onnx --data table.csv --inputs a,b,c,d --labels kind --keep 5`;
