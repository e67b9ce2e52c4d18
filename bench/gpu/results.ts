/**
 * `node results.js FOLDER OUTPUT_FOLDER COMMIT`: puts the rows of a run together with those of the peers, writes
 * <card>-<commit>.json and prints the table.
 *
 * FOLDER has machine.json (fma_peak.cu), ours.jsonl (a row a line) and for each population and peer NAME.PEER.json. What a
 * failed step left out of it does not keep the rest from being written; the exit code is 1 where a peer's answer is no good.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer, Row } from './row.js';

interface Machine {
  readonly card: string;
  readonly driver: string;
  readonly cuda: string;
  /** Missing where it was not measured. */
  readonly teraflops?: number;
}

/** As bench/gpu/run.sh names their files; `torch`: eager, one student after the other. */
const peers = ['jax', 'torchGraphs', 'torch'] as const;

/**
 * Peers draw other shuffles, and torch (eager) trains the first student alone, so losses agree in size only. A peer that
 * solves another problem is further off.
 */
const lossFactor = 3;

const [folder, output, commit] = process.argv.slice(2) as [string, string, string];
const machine = JSON.parse(
  textOf('machine.json') || '{"card": "unknown", "driver": "unknown", "cuda": "unknown"}',
) as Machine;
/** What is wrong with peers' answers. */
const complaints: string[] = [];

function main(): void {
  const rows = textOf('ours.jsonl')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => withPeers(JSON.parse(line) as Row));
  mkdirSync(output, { recursive: true });
  const file = join(output, `${cardName(machine.card)}-${commit}.json`);
  const { card, driver, cuda, teraflops } = machine;
  const context = { card, driver, cuda, commit, peakTeraflops: teraflops };
  writeFileSync(
    file,
    `${JSON.stringify(
      rows.map((row) => ({ ...row, ...context })),
      null,
      2,
    )}\n`,
  );
  console.log(`${card}, driver for CUDA ${driver}, built with CUDA ${cuda}, commit ${commit}`);
  console.log(`multiply-adds: ${teraflops ?? 'no'} TFLOP/s measured`);
  for (const line of table(rows)) console.log(line);
  console.log(file);
  for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
  if (complaints.length > 0) process.exitCode = 1;
}

/** Empty where the file is missing. */
function textOf(name: string): string {
  const file = join(folder, name);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

/** "NVIDIA H200" -> "h200" */
function cardName(card: string): string {
  return card
    .replace(/^NVIDIA /, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
}

function withPeers(row: Row): Row {
  const rate = row.studentStepsPerSecond;
  if (rate === undefined) return row;
  const found = peers.flatMap((name): [string, Peer][] => {
    const text = textOf(`${row.name.replaceAll('/', '-')}.${name}.json`);
    if (text === '') return []; // it did not finish; what it said stands in the log
    try {
      const peer = JSON.parse(text) as Omit<Peer, 'ratio'>;
      const ratio = rate / peer.studentStepsPerSecond;
      return [[name, { ...peer, ratio, ...(isSameProblem(row, name, peer) ? {} : { differs: true }) }]];
    } catch (error) {
      complaints.push(`${row.name}: ${name}: ${(error as Error).message}`);
      return [];
    }
  });
  return { ...row, peers: Object.fromEntries(found) };
}

function isSameProblem(row: Row, name: string, { meanTrainLoss }: Omit<Peer, 'ratio'>): boolean {
  const ours = row.meanTrainLoss as number;
  if (meanTrainLoss < ours * lossFactor && meanTrainLoss > ours / lossFactor) return true;
  complaints.push(
    `${row.name}: ${name} reached the loss ${meanTrainLoss}, ours is ${ours}: not the same problem`,
  );
  return false;
}

/** Lines that fit a narrow terminal: this is read at the end of a long log. */
function table(rows: readonly Row[]): string[] {
  const head = ['', 'steps/s', 'TFLOP/s', 'of peak', 'host us', ...peers.map((name) => `/${name}`)];
  const body = rows.map((row) => [
    row.name,
    row.studentStepsPerSecond?.toExponential(2) ?? duration(row),
    row.teraflops?.toFixed(1) ?? '',
    row.fractionOfPeak ? `${(100 * row.fractionOfPeak).toFixed(1)} %` : '', // null where no peak was measured
    row.hostMicrosecondsPer1000Steps?.toFixed(1) ?? '',
    ...peers.map((name) => ratioText(row.peers?.[name])),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((cells) => (cells[i] as string).length)));
  return [head, ...body].map((cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join('  '),
  );
}

/** A peer that solves another problem has a question mark. */
function ratioText(peer: Peer | undefined): string {
  return peer ? `${peer.ratio.toFixed(1)}x${peer.differs ? '?' : ''}` : '';
}

function duration({ seconds, milliseconds }: Row): string {
  if (seconds !== undefined) return `${seconds.toFixed(1)} s`;
  return milliseconds === undefined ? '' : `${milliseconds.toFixed(2)} ms`;
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
