import { posix } from 'node:path';
import { blank, importsOf, includesOf } from './source-text.js';

/**
 * The rules of CONTRIBUTING.md about who may know whom, as functions from a file to its breaches, so that they can be tried
 * on made-up files. Paths are relative to the repository, with forward slashes.
 */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** From the ground up. A room may import from itself and from any lower floor, never from a neighbour. */
const floors: readonly (readonly string[])[] = [
  ['errors.ts', 'kinds.ts'],
  ['arguments.ts', 'steps.ts'],
  ['options.ts'],
  ['native', 'analysis'],
  ['files'],
  ['network'],
  ['theory'],
  ['kernels', 'population'],
  ['data'],
  ['teacher'],
  ['training', 'pruning', 'exchange', 'flow'],
  ['figures'],
  ['protocol'],
  ['runs'],
  ['sweep'],
  ['slurm'],
  ['experiments'],
  ['report'],
  ['live'],
  ['cli', 'browser'],
  ['index.ts', 'sweep.ts', 'theory.ts'],
];

/** Breaches of the floors by one file of src/. */
export function floorBreaches({ path, text }: SourceFile): string[] {
  const own = roomOf(path);
  const floor = floorOf(own);
  if (floor < 0) return [`${path}: "${own}" is on no floor; give it one in test/architecture/rules.ts`];
  const breaches = importsOf(text).flatMap((name) => {
    if (/^eigenstudent(\/|$)/.test(name)) return [`${path} imports the package itself ("${name}")`];
    if (!name.startsWith('.')) return [];
    const target = posix.join(posix.dirname(path), name);
    if (target === 'package.json') return [];
    if (!target.startsWith('src/')) return [`${path} imports ${target}, outside src/`];
    const room = roomOf(target.replace(/\.js$/, '.ts'));
    if (room === own || (floorOf(room) >= 0 && floorOf(room) < floor)) return [];
    return [`${path} imports ${target}: ${own} may not know ${room}`];
  });
  if (own.endsWith('.ts') && floor === floors.length - 1 && !onlyReexports(text))
    breaches.push(`${path} does more than re-export`);
  return breaches;
}

function roomOf(path: string): string {
  return path.split('/')[1] as string;
}

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room));
}

function onlyReexports(text: string): boolean {
  const reexport = /^\s*export\s+(?:type\s+)?(?:\{[^}]*\}|\*(?:\s+as\s+\w+)?)\s+from\s+(['"])[^'"]+\1;?/;
  let rest = blank(text, { strings: false });
  while (reexport.test(rest)) rest = rest.replace(reexport, '');
  return rest.trim() === '';
}

/** Room of native/ -> rooms whose files it may include besides its own. test/native is a room too: no Node in it. */
const nativeFloors: Readonly<Record<string, readonly string[]>> = {
  // a layer's options and description are part of a network's spec, a loss part of an objective; kernels stand above core
  core: ['layers', 'losses'],
  layers: ['core', 'executor'],
  losses: ['core'],
  objectives: ['core'],
  executor: ['core', 'layers', 'losses', 'objectives'],
  reference: ['core', 'executor', 'layers'],
  cpu: ['core', 'executor', 'layers', 'losses'],
  cuda: ['core', 'executor', 'layers', 'losses'],
  theory: ['core', 'cpu', 'objectives'],
  addon: ['core', 'layers', 'objectives', 'reference', 'cpu', 'cuda', 'theory'],
  test: ['core', 'executor', 'layers', 'losses', 'objectives', 'reference', 'cpu', 'cuda', 'theory'],
};
const nodeHeader = /^(?:napi|node_api|js_native_api|node|v8|uv)\b.*\.h$/;
const cudaHeader =
  /^(?:cuda(?:\/std\/|(?!\/))|cublas|cusparse|curand|cudnn|nccl|nvml|nvrtc|cooperative_groups|cutlass|cub\/|thrust\/|mma\.h)/;
/** The same of the rooms of cuda/, by what stands between "cuda/" and the file's name. */
const cudaFloors: Readonly<Record<string, readonly string[]>> = {
  device: [],
  resident: ['device'],
  layerwise: ['device'],
  'device/emulated': ['device', 'resident', 'layerwise'],
  'device/gpu': ['device', 'resident', 'layerwise'],
  population: ['device', 'resident', 'layerwise'],
  boundary: ['device', 'population'],
};
const cudaRoomOf = (path: string) => /(?:^|\/)cuda\/(.+)\/[^/]+$/.exec(path)?.[1];

/** All of cuda/ that the addon may know: what stands on its side of the boundary to the CUDA library. */
const cudaClient = ['cuda/boundary/abi.h', 'cuda/boundary/client.h', 'cuda/boundary/loader.h'];
/** What core must not know: the clock and the file system. */
const outsideWorld = ['chrono', 'ctime', 'fstream', 'filesystem'];

/** Breaches of the floors by one file of native/ or test/native/. */
export function includeBreaches({ path, text }: SourceFile): string[] {
  const own = path.startsWith('test/native/') ? 'test' : (path.split('/')[1] as string);
  const allowed = nativeFloors[own];
  if (!allowed) return [`${path}: "${own}" is on no floor; give it one in test/architecture/rules.ts`];
  return includesOf(text).flatMap(({ name, system }) => {
    if (nodeHeader.test(name))
      return own === 'addon' ? [] : [`${path} includes ${name}: only addon knows Node`];
    if (cudaHeader.test(name))
      return own === 'cuda' ? [] : [`${path} includes ${name}: only cuda knows CUDA`];
    if (system) {
      if (own !== 'core') return [];
      if (outsideWorld.includes(name)) return [`${path} includes ${name}: core knows no clock and no file`];
      // Headers of the C++ standard library have no extension.
      return name.includes('.') ? [`${path} includes ${name}: core knows only the C++ standard library`] : [];
    }
    const [first, second] = posix.normalize(name).split('/') as [string, string?];
    const room = second !== undefined && first in nativeFloors ? first : own;
    if (name.startsWith('.')) return [`${path} includes ${name}: write the path from native/`];
    if (own === 'addon' && room === 'cuda' && !cudaClient.includes(name))
      return [`${path} includes ${name}: addon knows cuda by ${cudaClient.join(', ')} only`];
    const [ownCuda, cudaRoom] = [cudaRoomOf(path), cudaRoomOf(name)];
    if (own === 'cuda' && ownCuda !== undefined && cudaRoom !== undefined && cudaRoom !== ownCuda)
      return cudaFloors[ownCuda]?.includes(cudaRoom)
        ? []
        : [`${path} includes ${name}: cuda/${ownCuda} may not know cuda/${cudaRoom}`];
    return room === own || allowed.includes(room)
      ? []
      : [`${path} includes ${name}: ${own} may not know ${room}`];
  });
}

const realmClasses =
  /\binstanceof\s+((?:Aggregate|Range|Reference|Syntax|Type)?Error|(?:(?:Big)?(?:Ui|I)nt\d+(?:Clamped)?|Float\d+)?Array|(?:Shared)?ArrayBuffer|DataView|Map|Set|Date|RegExp|Promise|Object|Function|AbortSignal)\b/;

/** Tests by a class of which every realm (Jest's sandbox, a vm context) has its own, so that they refuse what is right. */
export function realmBreaches({ path, text }: SourceFile): string[] {
  return blank(text, { strings: true })
    .split('\n')
    .flatMap((line, i) => {
      const [, name] = realmClasses.exec(line) ?? [];
      return name === undefined
        ? []
        : [`${path}:${i + 1}: instanceof ${name} knows this realm only; see src/kinds.ts`];
    });
}

const emptyNames = ['util', 'utils', 'common', 'helper', 'helpers', 'misc'];

/** Files and folders whose name says nothing of what is in them. */
export function nameBreaches({ path }: SourceFile): string[] {
  const stems = path.split('/').map((part) => part.split('.')[0]?.toLowerCase() as string);
  const empty = stems.find((stem) => emptyNames.includes(stem));
  return empty === undefined ? [] : [`${path}: "${empty}" does not say what is in it`];
}

/** The aim is about 300 lines; this is where "about" ends. */
export const maximumLines = 350;

/** Files too long to be read in one sitting. */
export function lengthBreaches({ path, text }: SourceFile): string[] {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return lines > maximumLines ? [`${path}: ${lines} lines, at most ${maximumLines}; split it`] : [];
}

/**
 * Tests that do not run. `.only` is never right in a checkout; a skipped or conditional test carries
 * `// skipped: <why>` on its line or the line above; `context.skip()` says why in its argument.
 */
export function idleTestBreaches({ path, text }: SourceFile): string[] {
  const runner = String.raw`\b(?:it|test|describe|suite|bench)(?:\.\w+)*\s*\.\s*`;
  const only = new RegExp(`${runner}only\\b`);
  const skipped = new RegExp(`${runner}(?:skip|skipIf|runIf|todo|fails)\\b`);
  const raw = text.split('\n');
  return blank(text, { strings: true })
    .split('\n')
    .flatMap((line, i) => {
      const where = `${path}:${i + 1}`;
      if (only.test(line)) return [`${where}: .only silences every other test of the file`];
      const why = /\/\/ skipped: \S/.test(raw[i] as string) || /\/\/ skipped: \S/.test(raw[i - 1] ?? '');
      if (skipped.test(line) && !why) return [`${where}: skipped without "// skipped: <why>"`];
      return /\.skip\(\s*\)/.test(line) ? [`${where}: skip() without a reason`] : [];
    });
}
