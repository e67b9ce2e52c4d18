// node scripts/build.js [FOLDER]: checks src/ and writes JavaScript and declarations to FOLDER, which is dist/ otherwise.
// Without development dependencies there is no compiler, and dist/ stays as it is: no reason to fail an install.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundlePages } from './bundle-pages.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = path.resolve(process.argv[2] ?? path.join(root, 'dist'));

function findCompiler() {
  try {
    const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
    return path.join(path.dirname(manifest), 'bin/tsc');
  } catch {
    return undefined;
  }
}

/** Runs the type checker. Returns its exit status. */
function check(compiler, ...args) {
  return spawnSync(process.execPath, [compiler, '-p', ...args], { cwd: root, stdio: 'inherit' }).status ?? 1;
}

/** Declarations of the modules for Node, and what the type checker finds in them and in the scripts of pages. */
function declare(compiler) {
  const places = ['--outDir', folder, '--tsBuildInfoFile', path.join(folder, '.tsbuildinfo')];
  return check(compiler, 'tsconfig.build.json', ...places) || check(compiler, 'src/browser');
}

async function bundle() {
  const { rolldown } = await import('rolldown');
  const { default: config } = await import('../rolldown.config.js');
  const { output, ...input } = config;
  const bundled = await rolldown({ cwd: root, ...input });
  rmSync(path.join(folder, 'chunks'), { recursive: true, force: true });
  await bundled.write({ ...output, dir: folder });
  await bundled.close();
  await bundlePages(folder);
}

const compiler = findCompiler();
if (compiler) {
  process.exitCode = declare(compiler);
  if (process.exitCode === 0) await bundle();
} else {
  console.error(
    'eigenstudent: no TypeScript compiler (development dependencies are not installed), dist/ is not built',
  );
}
