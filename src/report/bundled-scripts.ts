import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EigenstudentError, reasonOf } from '../errors.js';

/** In the order in which a page must load them. */
const libraries = ['vega', 'vega-lite', 'vega-embed'] as const;

/**
 * The libraries that make the figures of a page live, as text to put into it: a report opens without a network. Each
 * keeps its licence, which asks for that.
 * @throws file_unreadable naming the package that is not installed as expected
 */
export async function bundledScripts(): Promise<string[]> {
  const resolve = createRequire(import.meta.url).resolve;
  return Promise.all(
    libraries.map(async (name) => {
      try {
        // Its main module lies in build/, beside the minified one, which `exports` hides.
        const build = dirname(resolve(name));
        const script = await readFile(join(build, `${name}.min.js`), 'utf8');
        const license = await readFile(join(build, '..', 'LICENSE'), 'utf8');
        return `/*! ${name}\n${license.trim()} */\n${script.replace(/^\/\/# sourceMappingURL=.*$/gm, '')}`;
      } catch (cause) {
        const reason = reasonOf(cause);
        throw new EigenstudentError(
          'file_unreadable',
          `cannot read the package ${name}, which report.html needs: ${reason}. Install it again with \`npm ci\``,
          { cause },
        );
      }
    }),
  );
}

/** Nothing in a script may end its element or open a comment: `<\/script` and `<\!--` mean the same to JavaScript. */
export function inlineScript(source: string): string {
  return source.replace(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');
}
