/**
 * `npm run bench [-- --full] [-- --json FILE]`: runs each trial of trials.ts in its own process, then the peers on the same
 * problem, and prints the table.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { findTorch, type PeakMeter, peakMeter, type TorchStep, torchStep } from './peers.js';
import type { TrialResult } from './trial.js';
import { operationsPerStep, type Trial, trials } from './trials.js';

/** One element of the file that --json writes. */
interface Row {
  readonly name: string;
  readonly engine: string;
  readonly threads: number;
  readonly microseconds: number;
  readonly spreadPercent: number;
  /** Useful arithmetic only: see operationsPerStep. */
  readonly gflops: number;
  /** Of the multiply-add rate measured on one core next to this trial; absent without a C++ compiler. */
  readonly fractionOfPeak?: number;
  /** ratio: peer's time over ours. */
  readonly peers: { readonly torch?: TorchStep & { readonly ratio: number } };
}

/** Seen: about 1 % on an idle machine, 17 to 25 % beside several compilers. */
const noisyPercent = 10;

const root = fileURLToPath(new URL('..', import.meta.url));

function main(): void {
  const { values } = parseArgs({
    options: { full: { type: 'boolean', default: false }, json: { type: 'string' } },
  });
  const chosen = trials.filter((trial) => values.full || trial.quick);
  const seconds = values.full ? 5 : 2;
  const torch = findTorch();
  const peak = peakMeter(root);
  if (!torch)
    console.error('no Python here imports torch: no ratio to PyTorch (PYTHON=... names an interpreter)');
  if (!peak) console.error('no C++ compiler was found: no fraction of the peak');
  try {
    const rows = chosen.map((trial) => {
      process.stderr.write(`${trial.name} ...\n`);
      return measure(trial, seconds, torch, peak);
    });
    console.log(tableOf(rows));
    if (rows.some((row) => row.peers.torch?.blas === 'reference'))
      console.log(
        'This PyTorch multiplies matrices with the reference BLAS, which is slow: install libopenblas0-pthread for a fair ratio.',
      );
    if (rows.some((row) => row.spreadPercent > noisyPercent))
      console.log(
        `A spread above ${noisyPercent} % means that something else used the machine: run it again alone.`,
      );
    if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  } finally {
    peak?.dispose();
  }
}

function measure(trial: Trial, seconds: number, torch: string | undefined, peak?: PeakMeter): Row {
  const script = fileURLToPath(new URL('trial.js', import.meta.url));
  const output = execFileSync(process.execPath, [script, trial.name, String(seconds)], { encoding: 'utf8' });
  const { name, engine, threads, microseconds, spreadPercent } = JSON.parse(output) as TrialResult;
  const peakGflops = peak?.gflops();
  const gflops = operationsPerStep(trial) / microseconds / 1000;
  const step = torch === undefined ? undefined : torchStep(torch, root, trial, seconds);
  return {
    name,
    engine,
    threads,
    microseconds,
    spreadPercent,
    gflops,
    ...(peakGflops === undefined ? {} : { fractionOfPeak: gflops / peakGflops }),
    peers: step === undefined ? {} : { torch: { ...step, ratio: step.microseconds / microseconds } },
  };
}

function tableOf(rows: readonly Row[]): string {
  const table = new Table({
    head: ['one thread', 'us/step', '+-%', 'GFLOP/s', 'of peak', 'torch us/step', 'torch/ours', 'torch BLAS'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    const torch = row.peers.torch;
    table.push([
      row.name,
      row.microseconds.toFixed(1),
      row.spreadPercent.toFixed(1),
      row.gflops.toFixed(1),
      row.fractionOfPeak === undefined ? '-' : `${(100 * row.fractionOfPeak).toFixed(0)} %`,
      torch?.microseconds.toFixed(0) ?? '-',
      torch ? `${torch.ratio.toFixed(1)}x` : '-',
      torch?.blas ?? '-',
    ]);
  }
  return `${rows[0]?.engine ?? ''}\n${table.toString()}`;
}

try {
  main();
} catch (error) {
  console.error(`the benchmark stopped: ${(error as Error).message}`);
  process.exitCode = 1;
}
