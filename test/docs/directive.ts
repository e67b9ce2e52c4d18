/**
 * How a code block is run: by its language, unless the comment before it says more.
 *
 *     <!-- run: epochs: 2000 -> 3; train: 8000 -> 300 -->   with these replacements, each of which must be there to make
 *     <!-- run: continues -->              TypeScript: one program with the block before
 *     <!-- run: file NAME -->              written under this name in the page's folder, too
 *     <!-- run: part -->                   YAML: part of a protocol, laid over the one that `eigenstudent init` writes
 *     <!-- run: exits N -->                a command that is to fail, with this status
 *     <!-- run: needs cuda -->             skipped, with the reason, where there is no CUDA library, real or emulated
 *     <!-- run: needs python -->           likewise without Python, which wrote the files that the block reads
 *     <!-- output -->                      what the block before prints: its lines in this order, `...` for any others;
 *                                          where blocks continue each other, what each adds
 *     <!-- not run: WHY -->                the only way not to be run; how many there may be stands in pages.ts
 *
 * Clauses are separated by "; ".
 */
import type { Block } from './markdown.js';

/** What a machine may lack. */
export type Need = 'cuda' | 'python';

export interface Run {
  readonly kind: 'run';
  readonly replacements: readonly (readonly [from: string, to: string])[];
  readonly continues: boolean;
  readonly file: string | undefined;
  readonly part: boolean;
  /** Expected exit status. */
  readonly exits: number;
  readonly needs: Need | undefined;
}

export type Directive =
  | Run
  | { readonly kind: 'output' }
  | { readonly kind: 'not run'; readonly why: string };

/** Languages whose blocks are run. */
export const languages = ['ts', 'sh', 'yaml', 'python', 'diff'] as const;
/** What else a block may hold: what a program printed. */
const shown = ['text', 'json', 'console'];

/** Words that a reason has at least: arbitrary, more than "too slow". */
const wordsOfReason = 5;

/** @throws Error naming page and line when the comment is none of the above, or the language is not known */
export function directiveOf(block: Block): Directive {
  const fail = (what: string): never => {
    throw new Error(`${block.page}:${block.line}: ${what}`);
  };
  const { comment, language } = block;
  const why = /^not run: (.*)$/.exec(comment ?? '')?.[1];
  if (why !== undefined)
    return why.split(' ').length < wordsOfReason ? fail(`"${why}" is no reason`) : { kind: 'not run', why };
  if (comment === 'output') return { kind: 'output' };
  if (comment !== undefined && !/^run(: .+)?$/.test(comment)) fail(`"${comment}" says nothing of running it`);
  const clauses = comment?.slice('run: '.length).split('; ').filter(Boolean) ?? [];
  const start: Run = { ...plain, needs: language === 'python' ? 'python' : undefined };
  const run = clauses.reduce<Run>((so, clause) => withClause(so, clause) ?? fail(`"${clause}"?`), start);
  const runnable = (languages as readonly string[]).includes(language) || run.file !== undefined;
  if (!runnable && shown.includes(language))
    fail('what is shown needs <!-- output --> or <!-- not run: WHY -->');
  if (!runnable) fail(`"${language}" is no language that is run: ${languages.join(', ')}`);
  return run;
}

const plain: Run = {
  kind: 'run',
  replacements: [],
  continues: false,
  file: undefined,
  part: false,
  exits: 0,
  needs: undefined,
};

function withClause(run: Run, clause: string): Run | undefined {
  const replacement = /^(.*) -> (.*)$/.exec(clause);
  if (replacement) {
    const [, from = '', to = ''] = replacement;
    return { ...run, replacements: [...run.replacements, [from, to]] };
  }
  const [word, value] = clause.split(' ', 2);
  if (clause === 'continues') return { ...run, continues: true };
  if (clause === 'part') return { ...run, part: true };
  if (word === 'needs' && (value === 'cuda' || value === 'python')) return { ...run, needs: value };
  if (word === 'file' && value) return { ...run, file: value };
  if (word === 'exits' && Number(value) > 0) return { ...run, exits: Number(value) };
  return undefined;
}

/** The code that is run in the place of what is shown. */
export function textToRun(block: Block, run: Run): string {
  return run.replacements.reduce((text, [from, to]) => {
    if (!text.includes(from))
      throw new Error(`${block.page}:${block.line}: there is no "${from}" to replace`);
    return text.replaceAll(from, to);
  }, block.text);
}

/**
 * Holds what a program printed against what the page shows: each shown line in order, `...` standing for any number of
 * lines, or within a line for anything.
 * @param more whether other blocks of the program print what follows
 * @returns what follows; nothing where the two differ
 */
export function matchOutput(shownText: string, printed: string, more: boolean): string | undefined {
  const literally = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = shownText
    .trimEnd()
    .split('\n')
    .map((line) =>
      line.trim() === '...' ? '(?:.*\\n)*?' : `${literally(line).replaceAll('\\.\\.\\.', '.*')}[ \\t\\r]*\\n`,
    );
  const text = `${printed.trimEnd()}\n`;
  const [found] = new RegExp(`^${pattern.join('')}${more ? '' : '$'}`).exec(text) ?? [];
  return found === undefined ? undefined : text.slice(found.length);
}
