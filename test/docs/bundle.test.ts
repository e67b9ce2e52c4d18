/** What docs/how-to/bundle-a-program.md says of a bundle that holds the package all the same, with the bundler that comes with Vitest. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from './pages.js';

interface Bundler {
  rolldown(options: object): Promise<{ write(options: object): Promise<unknown>; close(): Promise<void> }>;
}
const bundlerName = 'rolldown'; // not a dependency of this package: it need not be there
const bundler = (await import(bundlerName).catch(() => undefined)) as Bundler | undefined;

const page = readFileSync(join(repository, 'docs/how-to/bundle-a-program.md'), 'utf8');
const banner = /--banner:js="(.*?)"/.exec(page)?.[1] as string;

const program = `
import { parseProtocol, preset, sweep } from ${JSON.stringify(join(repository, 'src/sweep.ts'))};
console.log(parseProtocol(JSON.stringify(preset('quick', { epochs: 7 })), 'quick').epochs);
sweep(preset('quick'), { directory: process.argv[2] }).catch(({ code, message }) => console.log(code, message));
`;

// skipped: where Vitest comes without a bundler
describe.skipIf(!bundler)('one bundle in ESM format', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eigenstudent-bundle-'));
    await writeFile(join(folder, 'program.ts'), program);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** As esbuild does, it has no require unless a banner gives it one. */
  async function run(output: object): Promise<{ stdout: string; stderr: string }> {
    const bundle = await (bundler as Bundler).rolldown({
      input: join(folder, 'program.ts'),
      platform: 'neutral',
      logLevel: 'silent',
      external: [/^node:/, '@duckdb/node-api'],
      resolve: {
        extensionAlias: { '.js': ['.ts', '.js'] },
        conditionNames: ['node', 'import'],
        mainFields: ['module', 'main'],
      },
    });
    const file = join(folder, 'program.mjs');
    await bundle.write({ file, format: 'esm', codeSplitting: false, ...output });
    await bundle.close();
    const { stdout, stderr } = spawnSync(process.execPath, [file, join(folder, 'run')], { encoding: 'utf8' });
    return { stdout, stderr };
  }

  it('fails at a CommonJS dependency without the banner of the page', async () => {
    const { stdout, stderr } = await run({});
    expect(stdout).toBe('');
    expect(stderr).toMatch(/require.*"?process"?/);
  }, 30_000);

  it('reads protocols with the banner of the page, and names what else it lacks', async () => {
    const { stdout, stderr } = await run({ banner });
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^7\naddon_missing expected eigenstudent in its own package, found it inside a bundle /,
    );
    expect(stdout).toContain('docs/how-to/bundle-a-program.md');
  }, 30_000);
});
