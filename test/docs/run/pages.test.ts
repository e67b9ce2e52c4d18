import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directiveOf, outputMismatch } from '../directive.js';
import type { Block } from '../markdown.js';
import { readPages, repository } from '../pages.js';
import { compile, programsOf } from './programs.js';
import { runBlock } from './run-block.js';
import { cudaLibrary, type Outcome, Site } from './site.js';

const pages = readPages();
const programs = pages.flatMap(programsOf);
let site: Site;
let complaints: Map<string, string>;

beforeAll(async () => {
  if (!existsSync(join(repository, 'dist/cli/main.js')))
    throw new Error('dist/ is not there; run `npm run build` first');
  site = new Site();
  complaints = await compile(site.folder, programs);
}, 120_000);
afterAll(() => site?.remove());

const done: Outcome = { status: 0, stdout: '', stderr: '' };

/** Why python blocks cannot run here, if they cannot. */
const pythonLacks = ((): string | undefined => {
  const { status, error } = spawnSync('python3', ['-c', 'import numpy, pandas']);
  const lacks = error || status !== 0 ? 'there is no python3 with NumPy and pandas' : undefined;
  if (lacks && process.env.EIGENSTUDENT_REQUIRE_PYTHON) throw new Error(lacks);
  return lacks;
})();

function obstacle(block: Block, needsCuda: boolean): string | undefined {
  if (block.language === 'python' && pythonLacks) return pythonLacks;
  if (needsCuda && !cudaLibrary())
    return 'no CUDA library is built, real or emulated (npm run test:cuda builds one)';
  return undefined;
}

describe.each(pages.map((page) => ({ page, path: page.path })))('$path', ({ page }) => {
  let last = done;
  let missing: string | undefined;

  it.for(page.blocks.filter(({ indented }) => !indented))(
    'line $line ($language)',
    600_000,
    async (block, context) => {
      const directive = directiveOf(block);
      if (directive.kind === 'not run') context.skip(directive.why);
      if (directive.kind === 'output') {
        if (missing) context.skip(missing);
        expect(outputMismatch(block.text, last.stdout)).toBeUndefined();
        return;
      }
      if (directive.kind !== 'run') return;
      missing = obstacle(block, directive.needsCuda);
      if (missing) context.skip(missing);
      const program = programs.find(({ blocks }) => blocks.includes(block));
      last = program
        ? await runProgram(program.name, program.blocks[0] === block, directive.needsCuda)
        : await runBlock(site, page, block, directive);
      expect(last, `${last.stdout}\n${last.stderr}`).toMatchObject({ status: directive.exits });
    },
  );

  async function runProgram(name: string, first: boolean, needsCuda: boolean): Promise<Outcome> {
    if (complaints.has(name)) throw new Error(complaints.get(name));
    if (!first) return last; // it has run with the block that it continues
    const file = join(site.folder, 'compiled', `${name}.js`);
    return site.run(site.folderOf(page), process.execPath, [file], needsCuda ? cudaLibrary() : undefined);
  }
});
