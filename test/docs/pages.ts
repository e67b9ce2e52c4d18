/** The pages whose code is run: everything in docs/ that is written by hand, and the README. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Page, parsePage } from './markdown.js';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Made by `npm run docs` from docstrings, by `npm run gallery`, and from the records of experiments/. */
const generated = /^docs\/(api|gallery|reproduction)\//;

/** Code blocks that need not be run, with a reason each. To be raised only for what no machine of a developer can run. */
export const mostNotRun = 9;

export function readPages(): Page[] {
  const inDocs = readdirSync(join(repository, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name).slice(repository.length).split(sep).join('/'))
    .filter((path) => !generated.test(path))
    .sort();
  return ['README.md', ...inDocs].map((path) =>
    parsePage(path, readFileSync(join(repository, path), 'utf8')),
  );
}
