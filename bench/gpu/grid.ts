/**
 * `node grid.js COMMAND DIRECTORY LIMIT_SECONDS`: the paper's whole grid by the command itself, evaluations, pruning curves
 * and records included. First a twentieth of the epochs; the whole of it where that says that it fits into the limit.
 * Prints one row a line. COMMAND is dist/cli/main.js.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Row } from './row.js';

const [command, directory, limit] = process.argv.slice(2) as [string, string, string];
const [paperEpochs, fewEpochs] = [2000, 100];
const device = process.env.EIGENSTUDENT_BENCH_DEVICE ?? 'cuda';

interface Answer {
  readonly seconds: number;
  readonly engines: readonly string[];
  readonly trials: { readonly finished: number; readonly total: number };
  readonly groups: readonly {
    readonly parametrization: string;
    readonly width: number;
    readonly effectiveSize: { readonly mean: number };
  }[];
  readonly error?: { readonly message: string };
}

function reproduce(epochs: number): Row {
  const out = join(directory, `epochs-${epochs}`);
  // EIGENSTUDENT_BENCH_GRID, as in "--widths 20 --trials 1", makes the grid small, to try the benchmark itself
  const smaller = (process.env.EIGENSTUDENT_BENCH_GRID ?? '').split(' ').filter((word) => word !== '');
  const options = ['--preset', 'paper', '--epochs', String(epochs), '--device', device, ...smaller];
  const argv = [command, 'reproduce', ...options, '--out', out, '--no-report', '--json'];
  const { stdout } = spawnSync(process.execPath, argv, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  const answer = JSON.parse(stdout) as Answer;
  if (answer.error) throw new Error(answer.error.message);
  if (answer.trials.finished !== answer.trials.total)
    throw new Error(
      `${answer.trials.total - answer.trials.finished} of ${answer.trials.total} trials failed`,
    );
  const sizes = answer.groups.map(
    ({ parametrization, width, effectiveSize }) =>
      [`${parametrization}/h${width}`, effectiveSize.mean] as const,
  );
  return {
    name: epochs === paperEpochs && smaller.length === 0 ? 'grid/paper' : `grid/epochs${epochs}`,
    engine: answer.engines.join(', '),
    seconds: answer.seconds,
    epochs,
    effectiveSizes: Object.fromEntries(sizes),
  };
}

try {
  const few = reproduce(fewEpochs);
  process.stdout.write(`${JSON.stringify(few)}\n`);
  const expected = ((few.seconds as number) * paperEpochs) / fewEpochs;
  if (expected <= Number(limit)) process.stdout.write(`${JSON.stringify(reproduce(paperEpochs))}\n`);
  else
    process.stderr.write(
      `the whole grid would take about ${expected.toFixed(0)} s, more than the ${limit} s it may\n`,
    );
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
