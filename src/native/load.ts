/** Finds and loads the addon, once. The only place that knows where it is. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { EigenstudentError } from '../errors.js';
import type { NativeAddon } from './addon.js';
import { platformPackage } from './platform.js';

const require = createRequire(import.meta.url);

interface Loaded {
  readonly addon: NativeAddon;
  /** The platform package, or the file. */
  readonly origin: string;
}
let loaded: Loaded | undefined;

/**
 * The addon. Its errors arrive as EigenstudentError.
 * @throws addon_missing, with what was tried and the command that builds it
 */
export function addon(): NativeAddon {
  loaded ??= load();
  return loaded.addon;
}

/** Where the addon came from: the name of a platform package, or the path of a file. */
export function addonOrigin(): string {
  loaded ??= load();
  return loaded.origin;
}

/** $EIGENSTUDENT_NATIVE alone where it is set; else the platform package, then the local build. */
function load(): Loaded {
  const { name, version } = require('../../package.json') as { name: string; version: string };
  const override = process.env.EIGENSTUDENT_NATIVE;
  const build = fileURLToPath(new URL(`../../build/Release/${name}.node`, import.meta.url));
  const candidates = override ? [override] : [platformPackage(name), build];
  const failures: string[] = [];
  for (const origin of candidates) {
    try {
      return { addon: open(origin, version), origin };
    } catch (error) {
      const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
      failures.push(`  ${origin}: ${reason}`);
    }
  }
  throw new EigenstudentError(
    'addon_missing',
    `expected the native addon of ${name} ${version} (${process.platform} ${process.arch}), found none that loads. Tried${
      override ? ' (EIGENSTUDENT_NATIVE is set, so nothing else)' : ''
    }:\n${failures.join('\n')}\nBuild it with "npm rebuild ${name}", or, in a clone, "npm run build:native" (needs a C++20 ` +
      'compiler, make and Python 3).',
  );
}

/** An addon of another version would misread what it is told. */
function open(origin: string, version: string): NativeAddon {
  const native = require(origin) as NativeAddon;
  if (native.version !== version) throw new Error(`is version ${native.version}, build it again`);
  native.useErrorClass(EigenstudentError);
  return native;
}
