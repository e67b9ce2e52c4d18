import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EigenstudentError, reasonOf } from '../errors.js';
import { ownPackage } from '../native/own-package.js';

/** In the order in which a page must load them. */
const libraries = ['vega', 'vega-lite', 'vega-embed'] as const;

/**
 * The scripts of a page in their order, as text that is embedded in it: the page needs no network. First the libraries
 * that draw, then src/browser/NAME.ts, which scripts/build.js bundles.
 * @throws file_unreadable naming what is not installed or built as expected
 */
export async function pageScripts(name: 'report-page' | 'live-page'): Promise<string[]> {
  const scripts = await Promise.all([...libraries.map(libraryScript), ownScript(name)]);
  return scripts.map(withoutEndOfElement);
}

/** Each library keeps its licence text, as the licence requires. */
async function libraryScript(name: string): Promise<string> {
  try {
    // Its main module is in build/, beside the minified one, which `exports` hides.
    const build = dirname(createRequire(import.meta.url).resolve(name));
    const script = await readFile(join(build, `${name}.min.js`), 'utf8');
    const license = await readFile(join(build, '..', 'LICENSE'), 'utf8');
    return `/*! ${name}\n${license.trim()} */\n${script.replace(/^\/\/# sourceMappingURL=.*$/gm, '')}`;
  } catch (cause) {
    throw unreadable(`the package ${name}`, 'Install it again with `npm ci`', cause);
  }
}

async function ownScript(name: string): Promise<string> {
  const path = join(ownPackage().folder, 'dist/browser', `${name}.js`);
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, 'Make it with `npm run build`', cause);
  }
}

function unreadable(what: string, remedy: string, cause: unknown): EigenstudentError {
  const message = `cannot read ${what}, which the page needs: ${reasonOf(cause)}. ${remedy}`;
  return new EigenstudentError('file_unreadable', message, { cause });
}

/** A script must neither end its element nor open a comment: `<\/script` and `<\!--` mean the same to JavaScript. */
function withoutEndOfElement(source: string): string {
  return source.replace(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');
}
