/** A folder as a user's, in which the package is installed, and a folder in it for every page. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Page } from '../markdown.js';
import { repository } from '../pages.js';

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program to its end, whatever that is. */
export function execute(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, args, { ...options, timeout: longest, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const status = error ? (typeof error.code === 'number' ? error.code : 255) : 0;
      resolve({ status, stdout, stderr: status === 255 ? `${error?.message}\n${stderr}` : stderr });
    });
  });
}

/** Milliseconds. The longest block compiles the addon. */
const longest = 590_000;

export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'eigenstudent-docs-'));

  constructor() {
    const modules = join(this.folder, 'node_modules');
    mkdirSync(join(modules, '.bin'), { recursive: true });
    symlinkSync(repository, join(modules, 'eigenstudent'));
    symlinkSync(join(repository, 'node_modules/@types'), join(modules, '@types'));
    // a link would do where npm has made the file executable, which the compiler does not
    const command = `#!/bin/sh\nexec '${process.execPath}' '${join(repository, 'dist/cli/main.js')}' "$@"\n`;
    writeFileSync(join(modules, '.bin/eigenstudent'), command, { mode: 0o755 });
    writeFileSync(join(this.folder, 'package.json'), '{ "type": "module" }\n');
  }

  /** Where the blocks of a page run, one after the other: a copy of the sources where it has diffs, else an empty folder. */
  folderOf(page: Page): string {
    const folder = join(this.folder, page.path.replaceAll(/[/.]/g, '-'));
    if (existsSync(folder)) return folder;
    mkdirSync(folder);
    if (page.blocks.some(({ language }) => language === 'diff')) copySources(folder);
    return folder;
  }

  /** A command in a folder, with `eigenstudent` on the PATH. */
  run(folder: string, file: string, args: readonly string[], cuda = 'none'): Promise<Outcome> {
    const PATH = [join(this.folder, 'node_modules/.bin'), process.env.PATH].join(delimiter);
    const env = {
      ...environment(),
      PATH,
      EIGENSTUDENT_CUDA: cuda,
      DOCS_TESTS: join(repository, 'test/docs/run'),
    };
    return execute(file, args, { cwd: folder, env });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Without what the test runner and an outer `npm run` set: some of it would name this checkout. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|INIT_CWD$|EIGENSTUDENT_|VITEST|NODE_OPTIONS$|NODE_ENV$|CI$)/.test(name),
  );
  return Object.fromEntries(inherited);
}

/** What git knows of the sources. */
function copySources(folder: string): void {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: repository,
    encoding: 'utf8',
  });
  const needed = /^(native|src|test\/native)\//;
  for (const path of listed.split('\0').filter((name) => needed.test(name)))
    if (existsSync(join(repository, path))) cpSync(join(repository, path), join(folder, path));
}

/** A Python with what the pages use, if there is one: that on the PATH, or Debian's. */
export function findPython(): string | undefined {
  return ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', 'import numpy, pandas']).status === 0,
  );
}

/** The emulated device, which is the same on every machine; else a library that may find a GPU. */
export function cudaLibrary(): string | undefined {
  return [
    'build-tests/Release/libeigenstudent-cuda-emulated.so',
    'build-cuda/Release/libeigenstudent-cuda.so',
  ]
    .map((path) => join(repository, path))
    .find(existsSync);
}
