import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const folder = mkdtempSync(join(tmpdir(), 'eigenstudent-loader-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => vi.resetModules()); // the addon is loaded once: each test wants its own first time
afterEach(() => vi.unstubAllEnvs());

const load = async () => {
  const loader = await import('../../src/native/load.js');
  const { EigenstudentError } = await import('../../src/errors.js');
  return { ...loader, EigenstudentError };
};

/** The loader's own EigenstudentError is another class after resetModules. */
async function failure(work: () => unknown): Promise<string> {
  const { EigenstudentError } = await load();
  try {
    work();
  } catch (error) {
    if (error instanceof EigenstudentError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return expect.unreachable('the addon was loaded');
}

describe('addon()', () => {
  it('loads the addon of this version, the same one every time', async () => {
    const { addon } = await load();
    expect(addon().version).toBe(manifest.version);
    expect(addon()).toBe(addon());
    expect(addon().noop()).toBeUndefined();
  });

  it('reports its capabilities', async () => {
    const { engine, isa, isaAvailable, threads, compiler } = (await load()).addon().capabilities();
    expect(engine).toBe(`cpu-${isa}`);
    expect(isaAvailable[0]).toBe(process.arch === 'arm64' ? 'neon' : 'plain');
    expect(isaAvailable).toContain(isa);
    expect(threads).toBeGreaterThan(0);
    expect(compiler).toMatch(/^(gcc|clang|msvc) \d+/);
  });

  it('turns native errors into EigenstudentError with a code, thrown or rejected', async () => {
    const { addon, EigenstudentError } = await load();
    const { Dataset } = addon();
    const wrong = () => new Dataset({} as never);
    expect(wrong).toThrow(EigenstudentError);
    expect(wrong).toThrow(expect.objectContaining({ code: 'invalid_argument', name: 'EigenstudentError' }));
  });

  it('with EIGENSTUDENT_NATIVE tries only that file, and names the command that builds it', async () => {
    const file = join(folder, 'absent.node');
    vi.stubEnv('EIGENSTUDENT_NATIVE', file);
    const { addon } = await load();
    expect(await failure(addon)).toBe(
      `addon_missing: expected the native addon of eigenstudent ${manifest.version} (${process.platform} ${process.arch}), found none that loads. Tried (EIGENSTUDENT_NATIVE is set, so nothing else):
  ${file}: Cannot find module '${file}'
Build it with "npm rebuild eigenstudent", or, in a clone, "npm run build:native" (needs a C++20 compiler, make and Python 3).`,
    );
  });

  it('gives the reason for a file that is not an addon', async () => {
    const file = join(folder, 'text.node');
    writeFileSync(file, 'not an ELF file');
    vi.stubEnv('EIGENSTUDENT_NATIVE', file);
    const { addon } = await load();
    expect(await failure(addon)).toContain(`\n  ${file}: ${file}: `);
  });

  it('refuses an addon of another version', async () => {
    const file = join(folder, 'old.cjs');
    writeFileSync(file, "exports.version = '0.0.1';");
    vi.stubEnv('EIGENSTUDENT_NATIVE', file);
    const { addon } = await load();
    expect(await failure(addon)).toContain(`\n  ${file}: is version 0.0.1, build it again\n`);
  });

  it('tries again after a failure', async () => {
    vi.stubEnv('EIGENSTUDENT_NATIVE', join(folder, 'absent.node'));
    const { addon } = await load();
    expect(await failure(addon)).toContain('addon_missing');
    vi.unstubAllEnvs();
    expect(addon().version).toBe(manifest.version);
  });
});

describe('addonOrigin()', () => {
  it('names the file it loaded', async () => {
    const { addon, addonOrigin } = await load();
    addon();
    expect(addonOrigin()).toMatch(/eigenstudent\.node$/);
  });
});

describe('platformPackage()', () => {
  it('is what @napi-rs/cli calls the package of this machine', async () => {
    const { platformPackage } = await import('../../src/native/platform.js');
    const pattern = new RegExp(`^eigenstudent-${process.platform}-${process.arch}(-(gnu|musl|msvc))?$`);
    expect(platformPackage('eigenstudent')).toMatch(pattern);
    if (process.platform === 'linux') {
      const { stdout } = spawnSync('ldd', ['--version'], { encoding: 'utf8' });
      const abi = stdout.includes('GNU') || stdout.includes('GLIBC') ? 'gnu' : 'musl';
      expect(platformPackage('eigenstudent')).toBe(`eigenstudent-linux-${process.arch}-${abi}`);
    }
  });
});
