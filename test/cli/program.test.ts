import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addon } from '../../src/native/load.js';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { parseProtocol, preset } from '../../src/sweep.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { call } from './captured-terminal.js';

let folder: string;
let protocol: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eigenstudent-cli-'));
  protocol = join(folder, 'small.yaml');
  await writeFile(protocol, formatProtocol(smallProtocol()));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('help', () => {
  it('lists the commands, with examples', async () => {
    const { exitCode, stdout, stderr } = await call('--help');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const command of ['reproduce', 'train', 'sweep', 'prune', 'report', 'doctor', 'init'])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(stdout).toContain('Examples:\n  $ eigenstudent reproduce ');
  });

  it.each(['reproduce', 'train', 'sweep', 'prune', 'report', 'doctor', 'init'])(
    'of %s has examples',
    async (command) => {
      const { exitCode, stdout } = await call(command, '--help');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(new RegExp(`Examples?:\n  \\$ eigenstudent ${command}`));
      expect(stdout).toContain('--json');
    },
  );

  it('is separate from --version, which prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await call('--version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('an invalid call exits with 2 and reports', () => {
  it.each([
    [
      ['reproduce', '--presett', 'quick'],
      "unknown option '--presett' (Did you mean --preset?). See `eigenstudent reproduce --help`",
    ],
    [
      ['reproduce', '--preset', 'quik'],
      'expected one of quick, paper for --preset, received "quik". Did you mean "quick"?',
    ],
    [['reproduc'], "unknown command 'reproduc' (Did you mean reproduce?). See `eigenstudent --help`"],
    [
      ['reproduce', 'teacher-student', 'quick'],
      "too many arguments for 'reproduce'. Expected 1 argument but got 2. See `eigenstudent reproduce --help`",
    ],
    [
      ['reproduce', 'quick'],
      'experiment: expected one of teacher-student, spectral-conv, copy-average, received "quick". One of your own is known once registerExperiment() was called, as by a module that `node --import` loads',
    ],
    [['train'], "missing required argument 'protocol'. See `eigenstudent train --help`"],
    [['reproduce', '--out', '--no-report'], 'expected a path for --out, received "--no-report"'],
    [['reproduce', '--epochs', 'many'], 'expected a number for --epochs, received "many"'],
    [
      ['reproduce', '--widths', '20,,60'],
      'expected numbers between commas, as in 20,60,200 for --widths, received "20,,60"',
    ],
    [
      ['reproduce', '--epochs', '0'],
      'invalid protocol preset quick: epochs: expected a positive integer, received 0',
    ],
    [
      ['reproduce', '--widths', '20,-1'],
      'invalid protocol preset quick: student.width[1]: expected a positive integer, received -1',
    ],
    [
      ['sweep', 'a.yaml', '--shard', '3/2'],
      'expected i/n with i from 1 to n, as in 2/8 for --shard, received "3/2"',
    ],
    [['reproduce', '--trials', 'NaN'], 'expected a number for --trials, received "NaN"'],
    [['reproduce', '--threads', '0'], 'expected a positive integer for threads, received 0'],
    [
      ['reproduce', '--device', 'cpuu'],
      'expected one of auto, cpu, reference, cuda for device, received "cpuu". Did you mean "cpu"?',
    ],
    [
      ['prune', 'run', '--keep', '3', '--percentile', '20'],
      'expected at most one of --keep, --percentile and --max-degradation, received --keep and --percentile',
    ],
    [
      ['report', 'run', '--format', 'html,pdf'],
      'expected one of html, svg, png, csv for --format, received "pdf". Did you mean "png"?',
    ],
    [
      ['report', 'run', '--format', 'svg', '--format', 'csv', '--text'],
      'expected either --text, which writes nothing, or --format for --text, received "--format svg,csv"',
    ],
    [
      ['reproduce', '--devices', '0'],
      'expected \'cuda\', as devices are given for device, received "auto". devices are indices of GPUs: add device ' +
        "'cuda' (--device cuda), or leave out devices (--devices)",
    ],
  ])('%j', async (argv, message) => {
    expect(await call(...argv)).toEqual({ exitCode: 2, stdout: '', stderr: `error: ${message}\n` });
    const json = await call(...argv, '--json');
    expect({ ...json, stdout: JSON.parse(json.stdout) }).toEqual({
      exitCode: 2,
      stdout: { error: { code: expect.stringMatching(/^invalid_/), message } },
      stderr: '',
    });
  });

  it('that a command is missing, with the list of commands', async () => {
    const { exitCode, stdout, stderr } = await call();
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error: expected a command, received none\n\nUsage: eigenstudent/);
  });

  it('the line of an invalid protocol', async () => {
    await writeFile(protocol, formatProtocol(smallProtocol()).replace('epochs:', 'epoch:'));
    const { exitCode, stderr } = await call('train', protocol);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      new RegExp(
        `^error: invalid protocol ${protocol}:\n  line 1: epochs: missing, expected a positive integer\n` +
          '  line \\d+: unknown key "epoch"; known: .*\\. Did you mean "epochs"\\?\n$',
      ),
    );
  });

  it('that a protocol does not exist', async () => {
    const path = join(folder, 'nowhere.yaml');
    const { exitCode, stderr } = await call('train', path);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(`error: cannot read ${path}: ENOENT: no such file or directory, open '${path}'\n`);
  });

  it('that a run directory is continued by another command', async () => {
    expect(await call('train', folder)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        `error: expected a file for <protocol>, received "${folder}". It is a directory; ` +
        `\`eigenstudent sweep ${folder}\` goes on with a run directory\n`,
    });
  });

  it('that a directory has no run', async () => {
    for (const command of ['prune', 'report']) {
      expect(await call(command, folder)).toMatchObject({
        exitCode: 2,
        stderr:
          `error: ${folder} is not a run directory: it has no protocol.yaml. ` +
          '`eigenstudent sweep protocol.yaml --out DIR` makes one\n',
      });
    }
  });
});

describe('train', () => {
  it('trains into the run directory, prints the table, and trains nothing the second time', async () => {
    const out = join(folder, 'run');
    const first = await call('train', protocol, '--out', out, '--no-report');
    expect(first.exitCode).toBe(0);
    expect(first.stderr).toBe('');
    expect(first.stdout).toMatch(
      /│ width │ parametrization │ trials │ effective size │ effective size │\s+test loss │ did not │ +seconds │/,
    );
    expect(first.stdout).toMatch(/│ +6 │ spectral +│ +2 │ +\d\.\d ± \d\.\d │ +\d\.\d ± \d\.\d │/);
    expect(first.stdout).toContain('Teacher size h_T = 2.');
    expect(first.stdout).toMatch(
      /8 of 8 trials finished: 8 trained now in [\d.]+ s, 0 there before \(cpu-\w+ float32\)\./,
    );
    expect((await readdir(out)).sort()).toEqual(['protocol.yaml', 'summary.json', 'trials']);
    const second = await call('train', protocol, '--out', out, '--no-report');
    expect(second.stdout).toMatch(/8 of 8 trials finished: 0 trained now in [\d.]+ s, 8 there before/);
    expect(table(second.stdout)).toBe(table(first.stdout));
  });

  it('prints one JSON document with --json, the summary in it', async () => {
    const out = join(folder, 'run');
    const { exitCode, stdout } = await call('train', protocol, '--out', out, '--no-report', '--json');
    expect(exitCode).toBe(0);
    const summary = JSON.parse(await readFile(join(out, 'summary.json'), 'utf8'));
    expect(JSON.parse(stdout)).toMatchObject({
      directory: out,
      trained: 8,
      reused: 0,
      report: [],
      ...summary,
    });
  });

  it('refuses a directory with another protocol', async () => {
    const out = join(folder, 'run');
    await call('train', protocol, '--out', out, '--no-report');
    await writeFile(protocol, formatProtocol(smallProtocol({ epochs: 9 })));
    const { exitCode, stdout } = await call('train', protocol, '--out', out, '--json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout).error).toEqual({
      code: 'run_directory_conflict',
      message:
        `${out} already holds another protocol: epochs is 6 there and 9 here. Each has trials that the other lacks. ` +
        `Choose another directory, or run the protocol it holds (${join(out, 'protocol.yaml')})`,
    });
  });

  it('exits with 1 where it may not write', async () => {
    const out = join(protocol, 'run'); // inside a file
    const { exitCode, stderr } = await call('train', protocol, '--out', out);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: cannot make the folder .*small\.yaml\/run\/trials: ENOTDIR/);
  });

  it('exits with 1 where the device does not exist', async () => {
    const { exitCode, stdout } = await call('train', protocol, '--device', 'cuda', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).error.code).toBe('cuda_unavailable');
  });

  it('exits with 1 when trials failed, with a table of them', async () => {
    const arms = { spectral: { optimizer: { adam: { learningRate: 1e30 } }, batchSize: 16 } };
    await writeFile(protocol, formatProtocol(smallProtocol({ arms, trials: 1 })));
    const { exitCode, stdout, stderr } = await call(
      'train',
      protocol,
      '--out',
      join(folder, 'run'),
      '--no-report',
    );
    expect(exitCode).toBe(1);
    expect(stdout).toContain('0 of 2 trials finished, 2 failed: 2 trained now');
    expect(stderr).toMatch(/^2 of 2 trials failed:\n/);
    expect(stderr).toMatch(/│ [0-9a-f]{16} │ 4 +│ spectral +│ 0 +│ .*was not finite at step/);
  });

  it('draws the report', async () => {
    const out = join(folder, 'run');
    const { exitCode, stdout, stderr } = await call('train', protocol, '--out', out);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'drawing the report ...\n' });
    expect(stdout).toContain(`Report:  ${join(out, 'report.html')}`);
    await rm(join(out, 'report.html'));
    const report = await call('report', out, '--json');
    expect(report.exitCode).toBe(0);
    expect(JSON.parse(report.stdout).files).toContain(join(out, 'report.html'));
    expect(await readFile(join(out, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
    const tables = JSON.parse((await call('report', out, '--format', 'csv', '--json')).stdout).files;
    expect(tables).toContain(join(out, 'figures', 'loss.csv'));
    expect(tables.filter((file: string) => !file.endsWith('.csv'))).toEqual([]);
  });
});

describe('sweep', () => {
  it('trains shard by shard, and continues with the directory itself', async () => {
    const out = join(folder, 'run');
    const first = await call('sweep', protocol, '--out', out, '--shard', '1/2', '--no-report');
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/4 of 8 trials finished: 4 trained now in/);
    const rest = await call('sweep', out, '--no-report');
    expect(rest.stdout).toMatch(/8 of 8 trials finished: 4 trained now in [\d.]+ s, 4 there before/);
  });

  it('of fewer trials than the directory has states where the others are', async () => {
    const out = join(folder, 'run');
    await call('sweep', protocol, '--out', out, '--no-report');
    await writeFile(protocol, formatProtocol(smallProtocol({ trials: 1 })));
    const { stdout } = await call('sweep', protocol, '--out', out, '--no-report');
    expect(stdout).toMatch(
      /8 of 8 trials finished: 0 trained now in [\d.]+ s, 4 there before, 4 that this call did not ask for \(cpu/,
    );
  });

  it('prints the profile of the time, and the damaged trials', async () => {
    const out = join(folder, 'run');
    await call('sweep', protocol, '--out', out, '--no-report');
    const [key = ''] = await readdir(join(out, 'trials'));
    await rm(join(out, 'trials', key, 'arrays.safetensors'));
    const { exitCode, stderr, stdout } = await call('sweep', out, '--no-report', '--profile', '--json');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(new RegExp(`^trial ${key} was trained again: .*arrays\\.safetensors is missing`));
    expect(stderr).toMatch(/\n│ training +│ +\d+\.\d\d │ +\d+\.\d\d │\n/);
    expect(JSON.parse(stdout).profile.seconds.training).toBeGreaterThan(0);
  });

  it('refuses a directory without a run', async () => {
    expect(await call('sweep', folder)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is not a run directory: it has no protocol.yaml'),
    });
  });
});

describe('init', () => {
  it('writes the preset quick with comments', async () => {
    const path = join(folder, 'new', 'mine.yaml');
    expect(await call('init', path)).toEqual({
      exitCode: 0,
      stdout: `${path}\nNow: eigenstudent train ${path}\n`,
      stderr: '',
    });
    const text = await readFile(path, 'utf8');
    expect(parseProtocol(text, path)).toEqual(preset('quick'));
    expect(text.match(/#/g)?.length).toBeGreaterThan(10);
  });

  it('does not replace a file without --force', async () => {
    expect(await call('init', protocol)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: expected a file that is not there yet, received ${protocol}, which is. Give another name, or --force to replace it\n`,
    });
    expect((await call('init', protocol, '--force')).exitCode).toBe(0);
  });
});

describe('doctor', () => {
  it('reports the capabilities of this build', async () => {
    const { exitCode, stdout } = await call('doctor', '--json');
    expect(exitCode).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ ok: true, node: process.versions.node, platform: process.platform });
    expect(found.build.isaAvailable).toContain(found.build.isa);
    expect(found.build.arithmetic).toBe(addon().arithmetic);
    expect(
      found.devices.map(({ name, available }: { name: string; available: boolean }) => [name, available]),
    ).toEqual([
      ['cpu', true],
      ['reference', true],
      ['cuda', false],
    ]);
    const { findings } = found as { findings: { name: string; ok: boolean; needed: boolean }[] };
    const clothes = findings.find(({ name }) => name === 'Fashion-MNIST');
    const installed = existsSync('/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz');
    expect(clothes).toMatchObject({ ok: installed, needed: false });
    if (!installed && process.platform === 'linux')
      expect(clothes).toMatchObject({ fix: 'apt-get install dataset-fashion-mnist' });
    const { stdout: text } = await call('doctor');
    expect(text).toMatch(/\nbuilt by .+, arithmetic of revision \d+\n/);
    expect(text).toMatch(/Devices\n {2}yes {2}cpu: cpu-/);
  });
});

function table(text: string): string {
  return text.slice(0, text.indexOf('└'));
}
