import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { call } from '../cli/captured-terminal.js';
import { directiveOf } from './directive.js';
import type { Page } from './markdown.js';
import { mostNotRun, readPages, repository } from './pages.js';

/** Every page is looked at here; `npm run test:docs` runs what is on them. */
const pages = readPages();
const fenced = pages.flatMap(({ blocks }) => blocks.filter(({ indented }) => !indented));

describe('the code of the pages', () => {
  it('has more than 40 blocks', () => {
    expect(fenced.length).toBeGreaterThan(40);
  });

  it('is run, or says why not; that is rare', () => {
    const reasons = fenced.flatMap((block) => {
      const directive = directiveOf(block);
      return directive.kind === 'not run' ? [`${block.page}:${block.line}: ${directive.why}`] : [];
    });
    expect(reasons.length, reasons.join('\n')).toBeLessThanOrEqual(mostNotRun);
  });

  it('is indented in the README only, where it is looked at below', () => {
    const indented = pages.flatMap(({ path, blocks }) =>
      blocks.some((block) => block.indented) ? [path] : [],
    );
    expect(indented.filter((path) => path !== 'README.md')).toEqual([]);
  });

  const scripts: object = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).scripts;
  const commands = pages
    .flatMap(({ blocks }) => blocks)
    .filter(
      ({ language, indented, comment }) => (indented || language === 'sh') && !comment?.includes('exits'),
    )
    .flatMap(({ page, line, text }) =>
      text.split('\n').map((code, i) => ({ where: `${page}:${line + i}`, code })),
    )
    .flatMap(({ where, code }) => code.split(/&&|\|(?!\w)|;/).map((part) => ({ where, code: part.trim() })))
    .filter(({ code }) => /^(npx )?eigenstudent |^npm run /.test(code))
    // how the command is called in a clone
    .map(({ where, code }) => ({ where, code: code.replace(/^npm run --silent (eigenstudent) -- /, '$1 ') }));

  it.each(commands)(
    'names a command that there is, with options that it takes: $where $code',
    async ({ code }) => {
      const script = /^npm run (\S+)/.exec(code)?.[1];
      if (script) return expect(Object.keys(scripts)).toContain(script);
      // what stands behind two spaces explains the command
      const [command = '', ...words] = (code.split(/ {2,}/)[0] as string)
        .replace(/^npx /, '')
        .split(' ')
        .slice(1);
      for (const name of command.split('|')) {
        const { exitCode, stdout } = await call(name, '--help');
        expect(exitCode).toBe(0);
        const options = words
          .map((word) => /^--[a-z-]+/.exec(word)?.[0])
          .filter((word) => word !== undefined);
        for (const option of options) expect(stdout).toMatch(new RegExp(`${option}\\b`));
      }
      return undefined;
    },
  );
});

describe('the links of the pages', () => {
  const linksOf = (page: Page) => page.links.map((link) => ({ ...link, page: page.path }));

  it.each(pages.flatMap(linksOf).filter(({ target }) => !/^https?:/.test(target)))(
    '$page:$line leads somewhere: $target',
    ({ page, target }) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), path));
      if (!isMadeByCommand(file)) expect(existsSync(join(repository, file)), file).toBe(true);
      const other = pages.find((one) => one.path === file);
      if (anchor && other) expect(other.anchors).toContain(anchor);
    },
  );

  it('reach every page from docs/README.md', () => {
    const reached = new Set(['README.md', 'docs/README.md']);
    for (const path of reached) {
      const page = pages.find((one) => one.path === path);
      for (const { target } of page?.links ?? []) {
        const file = posix.normalize(posix.join(posix.dirname(path), target.split('#')[0] as string));
        if (pages.some((one) => one.path === file)) reached.add(file);
      }
    }
    expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });
});

/** `npm run docs` writes it, and git ignores it. */
function isMadeByCommand(path: string): boolean {
  return path.startsWith('docs/api/');
}
