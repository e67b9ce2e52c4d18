import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { EigenstudentError } from '../errors.js';

export interface OwnPackage {
  /** Resolves modules from this package. */
  readonly require: NodeJS.Require;
  readonly name: string;
  readonly version: string;
  /** Of package.json, absolute. */
  readonly folder: string;
}

/**
 * The package that contains these modules. package.json stands two folders above this file, in src/ as in dist/.
 * @throws {EigenstudentError} `addon_missing` where it does not: the modules are then part of a bundle, which
 *   lacks the addon.
 */
export function ownPackage(): OwnPackage {
  const here: string | undefined = import.meta.url; // empty in a bundle of CommonJS
  try {
    const require = createRequire(here as string);
    const manifest = require.resolve('../../package.json');
    const { name, version } = require(manifest) as { name: string; version: string };
    if (name === 'eigenstudent') return { require, name, version, folder: dirname(manifest) };
  } catch {
    // as when the package.json is of another package
  }
  throw new EigenstudentError(
    'addon_missing',
    `expected eigenstudent in its own package, found it inside a bundle${here ? ` (${here})` : ''}: its native addon is a file ` +
      'beside its modules, which a bundler does not take along. Leave the package out of the bundle and ship ' +
      'node_modules/eigenstudent with the program: esbuild --external:eigenstudent; rollup external: [/^eigenstudent/]; webpack ' +
      "externals: { eigenstudent: 'eigenstudent' }; ncc -e eigenstudent. See docs/how-to/bundle-a-program.md",
  );
}
