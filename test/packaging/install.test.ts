/**
 * The tarballs of `npm run package`, installed into empty projects: with the prebuilt addon where nothing can compile, and
 * alone where a compiler is. Then three consumers (import, require, TypeScript) on every Node that is supported.
 * Needs the network: the package's dependencies, and the Nodes.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consumers, writeConsumers } from './consumers.js';
import {
  emptyProject,
  nodeOf,
  npm,
  type Outcome,
  pathWithCompiler,
  pathWithoutCompiler,
  root,
  run,
  typescript,
} from './projects.js';

const majors = [20, 22, 24] as const;
const command = 'node_modules/eigenstudent/dist/cli/main.js';
const supported = process.platform === 'linux' && process.arch === 'x64';

// skipped: where the Nodes to try do not come as packages (they do for linux-x64 only)
describe.skipIf(!supported)('the tarballs, on linux-x64', () => {
  const projects: string[] = [];
  let main = '';
  let platform = '';

  beforeAll(() => {
    const { status, stderr } = run(process.execPath, ['scripts/package.js'], here());
    expect(status, stderr).toBe(0);
    const artifacts = path.join(root, 'artifacts');
    const names = readdirSync(artifacts).sort();
    expect(names).toEqual([
      expect.stringMatching(/^eigenstudent-\d+\.\d+\.\d+.*\.tgz$/),
      expect.stringMatching(/^eigenstudent-linux-x64-gnu-\d+\.\d+\.\d+.*\.tgz$/),
    ]);
    [main, platform] = names.map((name) => path.join(artifacts, name)) as [string, string];
    for (const major of majors) nodeOf(major);
  });
  afterAll(() => {
    for (const project of projects) rmSync(project, { recursive: true });
  });

  const project = (name: string) => {
    const folder = emptyProject(name);
    projects.push(folder);
    return folder;
  };

  it('hold what is needed and no tests', () => {
    const list = (file: string) => run('tar', ['tzf', file], here()).stdout.trim().split('\n').sort();
    const files = list(main).filter((file) => !/^package\/(dist|native)\//.test(file));
    expect(files).toEqual([
      'package/CMakeLists.txt', // builds the CUDA library from an installed package
      'package/LICENSE',
      'package/README.md',
      'package/binding.gyp',
      'package/package.json',
      'package/scripts/build-native.js',
      'package/scripts/install.js',
      'package/scripts/sources.js',
    ]);
    expect(list(main)).toContain('package/dist/index.d.ts');
    expect(list(main)).toContain('package/native/sources.json');
    expect(list(main).filter((file) => /test|tsbuildinfo|\.node$/.test(file))).toEqual([]);
    expect(list(platform)).toEqual([
      'package/LICENSE',
      'package/README.md',
      'package/eigenstudent.linux-x64-gnu.node',
      'package/package.json',
    ]);
  });

  describe('both, where there is no compiler', () => {
    it.each([
      ['without scripts', ['--ignore-scripts']],
      ['with scripts', []],
    ])('install %s and nothing is compiled', (name, options) => {
      const cwd = project(name.replace(' ', '-'));
      const PATH = pathWithoutCompiler(cwd, nodeOf(20));
      expect(() => run('g++', ['--version'], { cwd, PATH })).toThrow('ENOENT');
      succeed(npm(nodeOf(20), ['install', main, platform, ...options], { cwd, PATH }));
      expect(existsSync(path.join(cwd, 'node_modules/eigenstudent/build'))).toBe(false);
      expectConsumersToWork(cwd, 'node_modules/eigenstudent-linux-x64-gnu/eigenstudent.linux-x64-gnu.node');
    });
  });

  describe('the main one alone', () => {
    it('installs with a compiler, which its install script uses', () => {
      const cwd = project('compiled');
      const PATH = pathWithCompiler(nodeOf(24));
      succeed(npm(nodeOf(24), ['install', main, '--omit=optional'], { cwd, PATH }));
      expectConsumersToWork(cwd, 'node_modules/eigenstudent/build/Release/eigenstudent.node');
    });

    it('says how to build the addon where scripts were not run, and that command works', () => {
      const cwd = project('rebuilt');
      const PATH = pathWithCompiler(nodeOf(20));
      succeed(npm(nodeOf(20), ['install', main, '--omit=optional', '--ignore-scripts'], { cwd, PATH }));
      writeConsumers(cwd);
      const failed = run(nodeOf(20), ['module.mjs'], { cwd, PATH });
      expect(failed.status).toBe(1);
      expect(failed.stderr).toContain("code: 'addon_missing'");
      expect(failed.stderr).toContain('npm rebuild eigenstudent');
      succeed(npm(nodeOf(20), ['rebuild', 'eigenstudent'], { cwd, PATH }));
      expectConsumersToWork(cwd, 'node_modules/eigenstudent/build/Release/eigenstudent.node');
    });

    it('says what it needs where there is no compiler', () => {
      const cwd = project('hopeless');
      const PATH = pathWithoutCompiler(cwd, nodeOf(22));
      const { status, stderr } = npm(nodeOf(22), ['install', main, '--omit=optional'], { cwd, PATH });
      expect(status).not.toBe(0);
      expect(stderr).toContain(
        'eigenstudent: building the native addon failed. It needs a C++20 compiler (g++ 11, clang 14 or newer), make and Python 3',
      );
    });
  });
});

function here() {
  return { cwd: root, PATH: process.env.PATH ?? '' };
}

function succeed({ status, stdout, stderr }: Outcome): void {
  expect(status, `${stdout}\n${stderr}`).toBe(0);
}

/** Compiles the typed consumer, then runs each one, and the command, on each Node. */
function expectConsumersToWork(cwd: string, addon: string): void {
  writeConsumers(cwd);
  succeed(typescript(cwd));
  for (const major of majors) {
    const options = { cwd, PATH: pathWithoutCompiler(cwd, nodeOf(major)) };
    for (const consumer of consumers) {
      const outcome = run(nodeOf(major), [consumer], options);
      succeed(outcome);
      expect(JSON.parse(outcome.stdout), `${consumer} on Node ${major}`).toEqual({
        epoch: 1,
        losses: 6,
        addon: path.join(cwd, addon),
      });
    }
    succeed(run(nodeOf(major), [command, '--help'], options));
  }
  expectDuckdbToBeOptional(cwd);
}

/** It is not installed along, and a query says so with the command that adds it. */
function expectDuckdbToBeOptional(cwd: string): void {
  const node = nodeOf(20);
  const options = { cwd, PATH: pathWithoutCompiler(cwd, node) };
  succeed(run(node, [command, 'init', 'run/protocol.yaml', '--force'], options));
  const { status, stdout } = run(node, [command, 'query', 'run', 'select 1', '--json'], options);
  expect(status).toBe(1);
  expect(JSON.parse(stdout).error).toEqual({
    code: 'duckdb_missing',
    message: expect.stringContaining('\n  npm install @duckdb/node-api\n'),
  });
}
