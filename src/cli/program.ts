/** The command: its options and its help. A subcommand's modules are loaded when it is called, so that --help is fast. */
import { Command, CommanderError } from 'commander';
import { quote } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { versions } from '../runs/versions.js';
import { addJsonOption, ignoreHangupOption, number, numbers, part, path, words } from './arguments.js';
import { addPruneCommand } from './prune-command.js';
import { addRecordCommands } from './record-commands.js';
import { type ExitCode, exitCodes, Session, type Terminal, type Work } from './session.js';
import { addSlurmOptions, slurmHelp } from './slurm-options.js';

/**
 * Runs one call.
 * @param argv the arguments after the name of the command
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const commandLine = ['eigenstudent', ...argv].map(quote).join(' ');
  const session = new Session(terminal, argv.includes('--json'), commandLine);
  try {
    const work = await parse(argv, terminal);
    if (work === undefined) return exitCodes.done;
    await import('../experiments/index.js'); // Registers the experiments.
    return await work(session);
  } catch (error) {
    return session.fail(error);
  }
}

/**
 * The work that argv requests; undefined for help or the version, which have been printed.
 * @throws invalid_argument
 */
async function parse(argv: readonly string[], terminal: Terminal): Promise<Work | undefined> {
  let chosen: Work | undefined;
  const program = buildProgram((work) => {
    chosen = work;
  });
  program.exitOverride();
  program.configureOutput({
    writeOut: (text) => terminal.stdout.write(text),
    writeErr: () => undefined, // Session.fail reports errors.
  });
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    if (error.code === 'commander.help') {
      throw new EigenstudentError(
        'invalid_argument',
        `expected a command, received none\n\n${program.helpInformation()}`,
      );
    }
    const message = error.message
      .replace(/^error: /, '')
      .replace('\n', ' ')
      .replace(/\.$/, '');
    const command = program.commands.map((each) => each.name()).find((name) => name === argv[0]);
    const help = ['eigenstudent', ...(command ? [command] : []), '--help'].join(' ');
    throw new EigenstudentError('invalid_argument', `${message}. See \`${help}\``);
  }
  return chosen;
}

function buildProgram(choose: (work: Work) => void): Command {
  const program = new Command('eigenstudent')
    .description(
      'Trains networks in the spectral parametrisation, finds the sub-network that carries the task, and prunes to it.',
    )
    .version(versions().eigenstudent)
    .addHelpText('after', programExamples);

  const reproduce = program
    .command('reproduce')
    .description(
      "the paper's experiment: trains what is missing, prints the table, writes records and a report",
    )
    .argument('[experiment]', "its name (default: the paper's, teacher-student)")
    .option('--preset <name>', 'quick (a minute or two) or paper (hours)', 'quick')
    .option('--widths <list>', 'student widths, as in 20,60,200', numbers('--widths'))
    .option('--epochs <n>', 'epochs of every student', number('--epochs'))
    .option('--trials <n>', 'trials of every width and parametrisation', number('--trials'));
  addTrainingOptions(reproduce)
    .addHelpText('after', reproduceExamples)
    .action((experiment: string | undefined, options) =>
      choose(async (session) => (await import('./reproduce.js')).reproduce(experiment, options, session)),
    );

  addTrainingOptions(program.command('train'))
    .description('the experiment of a protocol (YAML; `eigenstudent init` writes one to start from)')
    .argument('<protocol>', 'file')
    .addHelpText('after', trainExamples)
    .action((file: string, options) =>
      choose(async (session) => (await import('./train.js')).trainProtocol(file, options, session)),
    );

  const sweep = addTrainingOptions(program.command('sweep'))
    .description(
      'trains every trial of a protocol that its run directory lacks, or goes on with a run directory',
    )
    .argument('<protocol>', 'file, or a run directory')
    .option('--shard <i/n>', 'only part i of n of the trials, for one of n jobs', part('--shard'))
    .option(
      '--dry-run',
      'train nothing: how many trials, how much arithmetic, time and memory; with --slurm: the batch script',
    );
  addSlurmOptions(sweep)
    .addHelpText('after', sweepExamples + slurmHelp)
    .action((protocol: string, options) =>
      choose(async (session) => (await import('./sweep.js')).sweepProtocol(protocol, options, session)),
    );

  addPruneCommand(program, choose);
  addRecordCommands(program, choose);

  addJsonOption(program.command('report'))
    .description('draws report.html and figures/ from the records of a run directory, training nothing')
    .argument('<directory>', 'run directory')
    .option(
      '--format <list>',
      'of html, svg, png, csv, as in html,csv or given again (default: html,svg,png)',
      words('--format', ['html', 'svg', 'png', 'csv']),
    )
    .option('--text', 'prints tables instead, writing nothing')
    .addHelpText('after', reportExamples)
    .action((directory: string, options) =>
      choose(async (session) => (await import('./report.js')).report(directory, options, session)),
    );

  addJsonOption(program.command('doctor'))
    .description('what this build and this machine can do, what is missing, and the command that fixes it')
    .addHelpText('after', '\nExample:\n  $ eigenstudent doctor')
    .action(() => choose(async (session) => (await import('./doctor.js')).doctor(session)));

  addJsonOption(program.command('init'))
    .description('writes a commented protocol to start from')
    .argument('[file]', 'where to', 'protocol.yaml')
    .option('--experiment <name>', 'the experiment that it is of (default: teacher-student)')
    .option('--force', 'replace the file if there is one')
    .addHelpText('after', initExamples)
    .action((file: string, options) =>
      choose(async (session) => (await import('./init.js')).init(file, options, session)),
    );

  return program;
}

/** Options of every command that trains into a run directory. */
function addTrainingOptions(command: Command): Command {
  return addJsonOption(command)
    .option(
      '--out <directory>',
      'run directory (default: ./runs/<name of the preset or protocol>)',
      path('--out'),
    )
    .option('--device <name>', 'auto, cpu, reference or cuda', 'auto')
    .option(
      '--devices <list>',
      'GPUs that share the work, as in 0,1; with --device cuda',
      numbers('--devices', '0,1'),
    )
    .option(
      '--threads <n>',
      'threads (default: one per core); results do not depend on it',
      number('--threads'),
    )
    .option(
      '--checkpoint-every <seconds>',
      'how much of an unfinished trial a crash may cost (default: 60)',
      number('--checkpoint-every'),
    )
    .option('--profile', 'tells where the time went')
    .option('--no-report', 'write no report.html and no figures')
    .option(...ignoreHangupOption);
}

const programExamples = `
Examples:
  $ eigenstudent reproduce                        the paper's experiment, small
  $ eigenstudent init && eigenstudent train protocol.yaml
  $ eigenstudent prune runs/quick --width 200

Every command takes --json (one JSON document on standard output) and --help.
Exit status: 0 done, 1 the work failed, 2 the call was wrong, 130 interrupted, 129 by a closed terminal.`;

const reproduceExamples = `
Finished trials are never trained again: the same call goes on where an interrupted one stopped.

Examples:
  $ eigenstudent reproduce
  $ eigenstudent reproduce --preset paper --out /scratch/paper
  $ eigenstudent reproduce --widths 20,100 --trials 5 --out runs/two-widths
  $ eigenstudent reproduce --json | jq '.groups[] | {width, trials, testLoss}'`;

const trainExamples = `
Examples:
  $ eigenstudent train protocol.yaml
  $ eigenstudent train protocol.yaml --out runs/first --threads 8`;

const sweepExamples = `
Finished trials are never trained again; processes that work on one directory share what is left.

Examples:
  $ eigenstudent sweep protocol.yaml --out runs/wide
  $ eigenstudent sweep protocol.yaml --dry-run             how many trials, and how long they will take here
  $ eigenstudent sweep runs/wide                           goes on where it stopped
  $ eigenstudent sweep protocol.yaml --out /shared/wide --shard 2/8`;

const reportExamples = `
Examples:
  $ eigenstudent report runs/quick
  $ eigenstudent report runs/quick --format csv            the table behind each figure, figures/*.csv
  $ eigenstudent report runs/quick --text | less`;

const initExamples = `
Examples:
  $ eigenstudent init
  $ eigenstudent init experiments/wide.yaml`;
