/** Finds and loads the addon, once. No other module has its path. */
import { join } from 'node:path';
import { EigenstudentError, reasonOf } from '../errors.js';
import type { NativeAddon } from './addon.js';
import { ownPackage } from './own-package.js';
import { platformPackage } from './platform.js';

interface Loaded {
  readonly addon: NativeAddon;
  /** The platform package, or the file. */
  readonly origin: string;
}
let loaded: Loaded | undefined;

/**
 * The addon. Its errors arrive as EigenstudentError.
 * @throws addon_missing, with the places that were tried and the command that builds it
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
  const { require, name, version, folder } = ownPackage();
  const override = process.env.EIGENSTUDENT_NATIVE;
  const build = join(folder, `build/Release/${name}.node`);
  const candidates = override ? [override] : [platformPackage(name), build];
  const failures: string[] = [];
  for (const origin of candidates) {
    try {
      return { addon: open(require(origin) as NativeAddon, version), origin };
    } catch (error) {
      const [reason] = reasonOf(error).split('\n');
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

/** An addon of another version would misinterpret its arguments. */
function open(native: NativeAddon, version: string): NativeAddon {
  if (native.version !== version) throw new Error(`is version ${native.version}, build it again`);
  native.useErrorClass(EigenstudentError);
  return native;
}
