/**
 * `npm run bench [-- --full] [-- --only PATTERN] [-- --json FILE] [-- --plot FILE.svg [--from FILE.json]]`: runs each
 * chosen trial in its own process, prints tables, and holds them against the targets. Knows nothing of kinds of trials.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { growthPlot } from './growth-plot.js';
import { stepTimePlot } from './plot.js';
import { Programs } from './programs.js';
import { type Row, rowOf } from './row.js';
import { rowTables, targetTable } from './table.js';
import { targets } from './targets.js';
import { trials } from './trials/all.js';
import type { Measurement, Trial, TrialContext } from './trials/kind.js';

/** Seen: about 1 % on an idle machine, 17 to 25 % beside several compilers. */
const noisyPercent = 10;

/** For one trial; the longest take half a minute. */
const timeoutMilliseconds = 300_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      plot: { type: 'string' },
      from: { type: 'string' },
    },
  });
  const rows = values.from ? (JSON.parse(readFileSync(values.from, 'utf8')) as Row[]) : measureAll(values);
  if (!values.from) console.log(rowTables(rows));
  const spokenOf = values.full
    ? targets
    : targets.filter(({ trial }) => rows.some(({ name }) => name === trial));
  if (spokenOf.length > 0) console.log(targetTable(rows, spokenOf));
  for (const note of notes(rows)) console.log(note);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  if (values.plot) {
    const ofGrowth = rows.every(({ name }) => name.startsWith('growth/'));
    writeFileSync(values.plot, await (ofGrowth ? growthPlot(rows) : stepTimePlot(rows)));
  }
}

/** Those whose name has the pattern in it, or the quick ones, or all. */
function chooseTrials(full: boolean, only: string | undefined): readonly Trial[] {
  if (only === undefined) return trials.filter((trial) => full || trial.quick);
  const chosen = trials.filter(({ name }) => name.includes(only));
  if (chosen.length > 0) return chosen;
  const kinds = new Set(trials.map(({ name }) => name.split('/')[0]));
  throw new Error(`no trial has "${only}" in its name; names begin with ${[...kinds].join(', ')}`);
}

function measureAll({ full, only }: { full: boolean; only?: string | undefined }): Row[] {
  const chosen = chooseTrials(full, only);
  const seconds = full || only !== undefined ? 3 : 2;
  const programs = new Programs();
  try {
    return chosen.flatMap((trial, i) => {
      process.stderr.write(`${i + 1} of ${chosen.length}: ${trial.name}\n`);
      const measurement = measureInProcess(trial, { seconds, programs: programs.find(trial.programs) });
      if (!measurement) return [];
      return rowOf(trial, measurement, trial.operations === undefined ? undefined : programs.peakGflops());
    });
  } finally {
    programs.dispose();
  }
}

/** undefined when the trial failed: the others go on, and the exit code is 1. */
function measureInProcess(trial: Trial, context: TrialContext): Measurement | undefined {
  const script = fileURLToPath(new URL('trial.js', import.meta.url));
  const options = [script, trial.name, JSON.stringify(context)];
  const { status, signal, stdout } = spawnSync(process.execPath, options, {
    encoding: 'utf8',
    timeout: timeoutMilliseconds,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status === 0) return JSON.parse(stdout) as Measurement;
  console.error(`${trial.name} failed (${signal ?? `exit code ${status}`}) and is left out`);
  process.exitCode = 1;
  return undefined;
}

/** What a reader of the tables must know. */
function notes(rows: readonly Row[]): string[] {
  const result: string[] = [];
  if (rows.some((row) => row.gflops !== undefined && row.fractionOfPeak === undefined))
    result.push('No C++ compiler was found (CXX=... names one): there is no fraction of the peak.');
  if (rows.some(({ peers }) => peers.torch?.blas === 'reference'))
    result.push(
      'This PyTorch multiplies matrices with the reference BLAS, which is slow: install libopenblas0-pthread for a fair ratio.',
    );
  if (rows.some((row) => row.spreadPercent > noisyPercent))
    result.push(
      `A spread above ${noisyPercent} % means that something else used the machine: run it again alone.`,
    );
  return result;
}

try {
  await main();
} catch (error) {
  console.error(`the benchmark stopped: ${(error as Error).message}`);
  process.exitCode = 1;
}
