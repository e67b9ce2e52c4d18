import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../pages.js';
import { execute } from './site.js';

const { exports: entries } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  exports: Record<string, { readonly default?: string }>;
};
const pages = Object.entries(entries).flatMap(([entry, { default: file }]) =>
  file === undefined ? [] : [[join('eigenstudent', entry), file] as const],
);
const folder = mkdtempSync(join(tmpdir(), 'eigenstudent-reference-'));

/** A warning is an error there: a public name without words, a link that leads nowhere, a comment that is cut off. */
describe('npm run docs', () => {
  beforeAll(async () => {
    const options = join(repository, 'scripts/reference/typedoc.json');
    const typedoc = join(repository, 'scripts/reference/node_modules/typedoc/bin/typedoc');
    const outcome = await execute(process.execPath, [typedoc, '--options', options, '--out', folder], {
      cwd: repository,
    });
    expect(outcome, `${outcome.stdout}\n${outcome.stderr}`).toMatchObject({ status: 0 });
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(pages)('writes a page of %s with every function and class on it', async (entry, file) => {
    const page = pageOf(entry);
    const exported = await import(join(repository, file));
    expect(Object.keys(exported).length).toBeGreaterThan(0);
    for (const name of Object.keys(exported)) expect(page).toMatch(new RegExp(`^#+ ${name}(\\(\\))?$`, 'm'));
  });
});

/** The page of an entry; one with namespaces has a folder, with a page for each of them. */
function pageOf(entry: string): string {
  const page = join(folder, `${entry}.md`);
  if (existsSync(page)) return readFileSync(page, 'utf8');
  const namespaces = join(folder, entry, 'namespaces');
  const files = readdirSync(namespaces).map((file) => join(namespaces, file));
  return [join(folder, entry, 'README.md'), ...files].map((file) => readFileSync(file, 'utf8')).join('\n');
}
