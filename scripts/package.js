// npm run package [-- --cuda]: what would be published, in artifacts/
//   eigenstudent-<version>.tgz                   JavaScript, types, native sources; compiles itself where nothing fits
//   eigenstudent-<platform>-<version>.tgz        the addon of this machine, prebuilt; with --cuda (needs nvcc and CMake) the
//                                                CUDA library beside it, which the addon opens only when it is asked for
// Works in artifacts/staging, so that the manifest in the root never names packages that are not published yet (npm ci
// would refuse its lock file).
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const artifacts = path.join(root, 'artifacts');
const staging = path.join(artifacts, 'staging');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const require = createRequire(import.meta.url);

/** The file behind a command of a development dependency. */
function command(dependency, file) {
  const folder = path.dirname(require.resolve(`${dependency}/package.json`));
  return path.join(folder, file);
}

function node(file, ...args) {
  execFileSync(process.execPath, [file, ...args], { cwd: staging, stdio: 'inherit' });
}

function stage() {
  rmSync(artifacts, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  const listed = manifest.files.filter((entry) => entry !== 'dist' && !entry.startsWith('!'));
  for (const entry of ['package.json', 'README.md', 'LICENSE', ...listed])
    cpSync(path.join(root, entry), path.join(staging, entry), { recursive: true });
  // dist/ is compiled afresh: the one in the root may hold files whose source is gone.
  node(path.join(root, 'scripts/build.js'), path.join(staging, 'dist'));
}

/** Compiles the staged sources: what is published must build from what is published. Returns the addon's path. */
function build() {
  node('scripts/build-native.js');
  const file = path.join(staging, 'build/Release', `${manifest.napi.binaryName}.node`);
  if (process.platform === 'linux') execFileSync('strip', ['--strip-unneeded', file]);
  return file;
}

/** npm/<platform>/ with the addon in it, and optionalDependencies in the staged manifest, by @napi-rs/cli. */
function addPlatformPackage(addon) {
  const napi = command('@napi-rs/cli', 'dist/cli.js');
  node(napi, 'create-npm-dirs');
  const [platform, ...more] = readdirSync(path.join(staging, 'npm'));
  if (!platform || more.length > 0)
    throw new Error(`expected one target in package.json (napi.targets), found ${[platform, ...more]}`);
  if (!platform.startsWith(`${process.platform}-${process.arch}`))
    throw new Error(
      `expected a machine that builds for ${platform}, this one is ${process.platform}-${process.arch}`,
    );
  mkdirSync(path.join(staging, 'artifacts'));
  cpSync(addon, path.join(staging, 'artifacts', `${manifest.napi.binaryName}.${platform}.node`));
  node(napi, 'artifacts');
  // Without these two flags it would publish to the registry and make a release.
  node(napi, 'pre-publish', '--skip-optional-publish', '--no-gh-release');
  const folder = path.join(staging, 'npm', platform);
  cpSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  return folder;
}

/** Compiles the staged sources of the CUDA library for every architecture, and ships it in the platform package. */
function addCudaLibrary(folder) {
  const build = path.join(staging, 'build-cuda');
  const cmake = (...args) => execFileSync('cmake', args, { cwd: staging, stdio: 'inherit' });
  cmake('-S', '.', '-B', build, '-DES_CUDA=ON', '-DES_ADDON=OFF');
  cmake('--build', build, '--target', 'eigenstudent-cuda', '--parallel');
  const name = 'libeigenstudent-cuda.so';
  const library = path.join(build, 'Release', name);
  execFileSync('strip', ['--strip-unneeded', library]);
  cpSync(library, path.join(folder, name));
  const file = path.join(folder, 'package.json');
  const platform = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, `${JSON.stringify({ ...platform, files: [...platform.files, name] }, null, 2)}\n`);
}

function pack(folder) {
  const npm = process.env.npm_execpath;
  const args = ['pack', '--ignore-scripts', '--pack-destination', artifacts];
  if (npm && existsSync(npm))
    execFileSync(process.execPath, [npm, ...args], { cwd: folder, stdio: 'inherit' });
  else execFileSync('npm', args, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' });
}

stage();
const platformFolder = addPlatformPackage(build());
if (process.argv.includes('--cuda')) addCudaLibrary(platformFolder);
pack(platformFolder);
pack(staging);
rmSync(staging, { recursive: true });
