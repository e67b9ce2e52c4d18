import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { addonOrigin } from '../../src/native/load.js';
import type { Backend } from './native-students.js';

const child = fileURLToPath(new URL('child.mjs', import.meta.url));

/** Plays a scenario of child.mjs in a process of its own, with the addon of this one. */
export function playChild(scenario: string, backend: Backend) {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', child, scenario, addonOrigin(), backend],
    { encoding: 'utf8', timeout: 60_000 },
  );
  return { status, signal, stdout: stdout.trim(), stderr };
}
