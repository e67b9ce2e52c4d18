import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directiveOf, matchOutput, type Need } from '../directive.js';
import type { Page } from '../markdown.js';
import { readPages, repository } from '../pages.js';
import { compile, programsOf } from './programs.js';
import { runBlock } from './run-block.js';
import { cudaLibrary, findPython, type Outcome, Site } from './site.js';

/** Why python blocks cannot run here, if they cannot. */
const pythonLacks = findPython() ? undefined : 'there is no python3 with NumPy and pandas';
if (pythonLacks && process.env.EIGENSTUDENT_REQUIRE_PYTHON) throw new Error(pythonLacks);

function obstacle(need: Need | undefined): string | undefined {
  if (need === 'python') return pythonLacks;
  if (need === 'cuda' && !cudaLibrary())
    return 'no CUDA library is built, real or emulated (npm run test:cuda builds one)';
  return undefined;
}

/** The pages whose changes to the code are applied and compiled, one after the other. */
export const changesCode = ({ path }: Page) => path.startsWith('docs/how-to/add-');

/** Runs the blocks of some pages, in their order. */
export function runPages(isWanted: (page: Page) => boolean): void {
  const pages = readPages().filter((page) => isWanted(page) && page.blocks.some(({ indented }) => !indented));
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

  describe.each(pages.map((page) => ({ page, path: page.path })))('$path', ({ page }) => {
    /** What the last program has printed, without what the page has shown; and whether more blocks of the program are to come. */
    let printed = '';
    let more = false;
    let missing: string | undefined;

    it.for(page.blocks.filter(({ indented }) => !indented))(
      'line $line ($language)',
      async (block, context) => {
        const directive = directiveOf(block);
        if (directive.kind === 'not run') context.skip(directive.why);
        if (directive.kind === 'output') {
          if (missing) context.skip(missing);
          const rest = matchOutput(block.text, printed, more);
          if (rest === undefined) throw new Error(`expected\n${block.text}\nreceived\n${printed}`);
          printed = rest;
          return;
        }
        if (directive.kind !== 'run') return;
        missing = obstacle(directive.needs);
        if (missing) context.skip(missing);
        const program = programs.find(({ blocks }) => blocks.includes(block));
        more = program !== undefined && program.blocks.at(-1) !== block;
        if (program && program.blocks[0] !== block) return; // it has run with the block that it continues
        printed = '';
        const last = program
          ? await runProgram(program.name, directive.needs)
          : await runBlock(site, page, block, directive);
        printed = last.stdout;
        expect(last, `${last.stdout}\n${last.stderr}`).toMatchObject({ status: directive.exits });
      },
    );

    function runProgram(name: string, need: Need | undefined): Promise<Outcome> {
      if (complaints.has(name)) throw new Error(complaints.get(name));
      const file = join(site.folder, 'compiled', `${name}.js`);
      return site.run(
        site.folderOf(page),
        process.execPath,
        [file],
        need === 'cuda' ? cudaLibrary() : undefined,
      );
    }
  });
}
