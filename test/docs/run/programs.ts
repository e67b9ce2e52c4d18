/** The TypeScript blocks of the pages as programs, type-checked and compiled all at once, as a user's project would be. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directiveOf, textToRun } from '../directive.js';
import type { Block, Page } from '../markdown.js';
import { repository } from '../pages.js';
import { execute } from './site.js';

export interface Program {
  /** Of its file, without extension. */
  readonly name: string;
  /** More than one where blocks continue each other. */
  readonly blocks: readonly Block[];
  readonly text: string;
}

/** One for each TypeScript block that is run and does not continue another. */
export function programsOf(page: Page): Program[] {
  const programs: { name: string; blocks: Block[]; text: string }[] = [];
  for (const block of page.blocks) {
    if (block.language !== 'ts') continue;
    const directive = directiveOf(block);
    if (directive.kind !== 'run') continue;
    const text = textToRun(block, directive);
    const before = programs.at(-1);
    if (directive.continues) {
      if (!before) throw new Error(`${block.page}:${block.line}: there is no block to continue`);
      before.blocks.push(block);
      before.text += `\n${text}`;
      continue;
    }
    const name = `${page.path.replaceAll(/[/.]/g, '-')}-${block.line}`;
    programs.push({ name, blocks: [block], text });
  }
  return programs;
}

/** What a project of a user's has; stricter than the default only in `strict`. */
const settings = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    noEmitOnError: false,
    outDir: 'compiled',
    rootDir: 'programs',
  },
  include: ['programs'],
};

/**
 * Compiles them into `folder`/compiled, next to a node_modules with the package in it.
 * @returns what the compiler says of each program, by name, with lines of its page; nothing where it is content
 */
export async function compile(folder: string, programs: readonly Program[]): Promise<Map<string, string>> {
  mkdirSync(join(folder, 'programs'), { recursive: true });
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  // without an export or import a file is a script, and shares its names with the others
  for (const { name, text } of programs)
    writeFileSync(join(folder, 'programs', `${name}.ts`), `${text}\nexport {};\n`);
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  const { stdout: said } = await execute(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
  });
  const complaints = new Map<string, string>();
  for (const line of said.split('\n').filter((text) => text.trim() !== '')) {
    const [, name, row, what] = /^programs\/(.*)\.ts\((\d+),\d+\): (.*)$/.exec(line) ?? [];
    const program = programs.find((one) => one.name === name);
    const text = program ? `${placeOf(program, Number(row))}: ${what}` : line;
    // what belongs to no program makes every one suspect
    for (const one of program ? [program] : programs)
      complaints.set(one.name, [complaints.get(one.name), text].filter(Boolean).join('\n'));
  }
  return complaints;
}

/** Page and line of a line of a program. */
export function placeOf({ blocks }: Program, row: number): string {
  let left = row;
  for (const { page, line, text } of blocks) {
    const rows = text.split('\n').length;
    if (left <= rows) return `${page}:${line + left - 1}`;
    left -= rows;
  }
  const last = blocks.at(-1) as Block;
  return `${last.page}:${last.line}`;
}
