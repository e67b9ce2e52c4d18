// Builds build/Release/eigenstudent.node with node-gyp; what has not changed is not compiled again.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** @param {string[]} commands of node-gyp, such as "rebuild". Ends the process with 1 when they fail. */
export function nodeGyp(...commands) {
  const [command, ...prefix] = findNodeGyp();
  const { status, error } = spawnSync(command, [...prefix, ...commands, '--jobs', 'max', ...headers()], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
    shell: process.platform === 'win32' && prefix.length === 0,
  });
  if (status === 0) return;
  console.error(
    `eigenstudent: building the native addon failed${error ? ` (${error.message})` : ''}. It needs a C++20 compiler ` +
      '(g++ 11, clang 14 or newer), make and Python 3; then run "npm rebuild eigenstudent" (in a clone "npm run build:native").',
  );
  process.exit(1);
}

/** npm and pnpm name their own copy; a clone has a development dependency; else whatever is on the PATH. */
function findNodeGyp() {
  const own = process.env.npm_config_node_gyp;
  if (own && existsSync(own)) return [process.execPath, own];
  try {
    return [process.execPath, createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')];
  } catch {
    return ['node-gyp'];
  }
}

/** The headers beside the running node, where it has them: then nothing is downloaded. */
function headers() {
  if (process.env.npm_config_nodedir) return [];
  const home = path.resolve(realpathSync(process.execPath), '../..');
  return existsSync(path.join(home, 'include/node/common.gypi')) ? ['--nodedir', home] : [];
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  nodeGyp('configure', 'build');
