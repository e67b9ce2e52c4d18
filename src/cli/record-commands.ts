/** Options and help of the commands that read the records of a run directory. */
import type { Command } from 'commander';
import { addJsonOption, ignoreHangupOption, number, numbers, path } from './arguments.js';
import type { Work } from './session.js';

/** Port of the live page. Arbitrary, and constant, so that an open page finds a restarted server. */
const defaultPort = 7411;

export function addRecordCommands(program: Command, choose: (work: Work) => void): void {
  addJsonOption(program.command('query'))
    .description('SQL (DuckDB) over the records of a run directory: the table is called trials')
    .argument('<directory>', 'run directory')
    .argument('<sql>', 'one SELECT')
    .option(
      '--format <name>',
      'table, vertical (a line per value), csv, json or parquet (default: as --out ends, else table)',
    )
    .option('--out <file>', 'where to, instead of standard output', path('--out'))
    .addHelpText('after', queryExamples)
    .action((directory: string, sql: string, options) =>
      choose(async (session) => (await import('./query.js')).query(directory, sql, options, session)),
    );

  addJsonOption(program.command('export'))
    .description('every record of a run directory in one table: Parquet, CSV or JSON')
    .argument('<directory>', 'run directory')
    .option('--out <file>', 'where to; .parquet, .csv or .json', path('--out'))
    .option(
      '--format <name>',
      'parquet, csv or json (default: as --out ends); csv and json without --out: standard output',
    )
    .option('--parquet <file>', 'the same as --out with --format parquet', path('--parquet'))
    .addHelpText('after', exportExamples)
    .action((directory: string, options) =>
      choose(async (session) => (await import('./query.js')).exportRun(directory, options, session)),
    );

  addJsonOption(program.command('status'))
    .description(
      'how many trials of a run directory are finished, failed and unfinished, how fast it goes and who works on it',
    )
    .argument('<directory>', 'run directory')
    .addHelpText('after', '\nExample:\n  $ eigenstudent status runs/quick')
    .action((directory: string) =>
      choose(async (session) => (await import('./status.js')).status(directory, session)),
    );

  addJsonOption(program.command('thresholds'))
    .description(
      'effective sizes of the finished trials at other thresholds, from the relevance that is kept',
    )
    .argument('<directory>', 'run directory')
    .argument('<list>', 'thresholds from 0 to 1, as in 0.01,0.05,0.1', numbers('<list>', '0.01,0.05,0.1'))
    .addHelpText('after', '\nExample:\n  $ eigenstudent thresholds runs/quick 0.01,0.05,0.1')
    .action((directory: string, list: number[]) =>
      choose(async (session) => (await import('./thresholds.js')).thresholds(directory, list, session)),
    );

  addJsonOption(program.command('watch'))
    .description('serves a page on this machine that follows a running sweep; it cannot change anything')
    .argument('<directory>', 'run directory, there already or to come')
    .option('--port <n>', 'port, 0 for any free one', number('--port'), defaultPort)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(...ignoreHangupOption)
    .addHelpText('after', watchExamples)
    .action((directory: string, options) =>
      choose(async (session) => (await import('./watch.js')).watch(directory, options, session)),
    );

  addJsonOption(program.command('collect'))
    .description(
      'writes summary.json of whatever a run directory holds, and removes what dead processes left in it',
    )
    .argument('<directory>', 'run directory')
    .addHelpText('after', '\nExample:\n  $ eigenstudent collect runs/quick')
    .action((directory: string) =>
      choose(async (session) => (await import('./status.js')).collect(directory, session)),
    );
}

const queryExamples = `
A row for each trial, finished or failed; a column for each field of record.json, errorCode and errorMessage of those that
failed, and protocol, a struct of every number that the trial depends on. Times are UTC. Needs the package
@duckdb/node-api; keeps index.parquet in the run directory, which can be deleted.

Examples:
  $ eigenstudent query runs/quick "describe trials"
  $ eigenstudent query runs/quick "select width, avg(testLoss) from trials group by all order by all"
  $ eigenstudent query runs/quick "select protocol.arm.optimizer.adam.learningRate, min(testLoss) from trials group by all"
  $ eigenstudent query runs/quick "select key, errorMessage from trials where errorCode is not null" --format csv
  $ eigenstudent query runs/quick "from trials where width = 200" --out wide.parquet`;

const watchExamples = `
The page shows trials by state, pace, losses and effective sizes as they grow, and failures. It finds a restarted sweep and a
restarted server by itself. From another machine: ssh -L ${defaultPort}:127.0.0.1:${defaultPort} HOST

Examples:
  $ eigenstudent watch runs/quick
  $ eigenstudent watch runs/quick --port 8000`;

const exportExamples = `
A row for each record and the columns of \`query\`. In CSV and JSON numbers have all their digits, integers beyond 2^53 are texts,
times are ISO 8601 in UTC; what is null, or not finite, is empty in CSV and null in JSON; a struct or a list is JSON in its
cell. Needs the package @duckdb/node-api.

Examples:
  $ eigenstudent export runs/quick --out trials.parquet
  $ eigenstudent export runs/quick --out trials.csv
  $ eigenstudent export runs/quick --format json | jq '.[].testLoss'`;
