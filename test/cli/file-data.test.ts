import { copyFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { smallImages } from '../sweep/files/file-protocol.js';
import { call } from './captured-terminal.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-cli-data-'));
  const { images, labels } = await smallImages();
  await copyFile(images, join(folder, 'images.gz'));
  await copyFile(labels, join(folder, 'labels'));
  await writeFile(join(folder, 'protocol.yaml'), protocol('labels'));
});

const protocol = (labels: string) => `
data: { idx: { images: images.gz, labels: ${labels} }, normalize: unit }
student: { width: 12, secondWidth: 8 }
arms: { spectral: { optimizer: { adam: { learningRate: 0.02 } }, batchSize: 16 } }
epochs: 40
trials: 2
seed: 5
`;

it('paths of files are relative to the protocol; the table has accuracies', async () => {
  const run = join(folder, 'run');
  const { exitCode, stdout } = await call(
    'train',
    join(folder, 'protocol.yaml'),
    '--out',
    run,
    '--no-report',
  );
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/test accuracy.*test accuracy/)]);
  expect(stdout).not.toContain('h_T');

  const pruned = await call(
    'prune',
    run,
    '--keep',
    '6',
    '--json',
    '--out',
    join(folder, 'small.safetensors'),
  );
  expect(JSON.parse(pruned.stdout)).toMatchObject({ kept: 6, width: 12 });
  expect((await call('status', run)).stdout).toContain('2 of 2 trials finished');
});

it('invalid data are an error of the call', async () => {
  await writeFile(join(folder, 'wrong.yaml'), protocol('images.gz'));
  const { exitCode, stderr } = await call(
    'train',
    join(folder, 'wrong.yaml'),
    '--out',
    join(folder, 'wrong'),
  );
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringMatching(
      /error: expected one label in .*images\.gz for each of the 90 samples of .*images\.gz, received an array of shape/,
    ),
  ]);
  await writeFile(join(folder, 'none.yaml'), protocol('no-such-file'));
  const missing = await call('train', join(folder, 'none.yaml'), '--out', join(folder, 'none'));
  expect([missing.exitCode, missing.stderr]).toEqual([
    2,
    expect.stringMatching(/cannot read .*no-such-file: ENOENT/),
  ]);
});
