// The install script: nothing to do where a prebuilt platform package loads, else the addon is compiled.
import path from 'node:path';
import { nodeGyp } from './build-native.js';

/** dist/ is missing in a fresh clone: there the addon is always compiled. */
async function hasPlatformPackage() {
  delete process.env.EIGENSTUDENT_NATIVE; // would stand in for the platform package
  try {
    const { addonOrigin } = await import('../dist/native/load.js');
    return !path.isAbsolute(addonOrigin());
  } catch {
    return false;
  }
}

if (!(await hasPlatformPackage())) nodeGyp('rebuild');
