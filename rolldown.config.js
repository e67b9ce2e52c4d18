// JavaScript of the package, in few files: a start of Node takes a quarter of a millisecond per module that it opens.
// scripts/build.js calls it, and tsc for the declarations.
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('src/', import.meta.url));

/** What package.json names. */
const published = ['index', 'analysis/index', 'data/index', 'exchange/index', 'theory', 'sweep', 'cli/main'];
/** What benchmarks, scripts and tests of this repository open by its path in dist/. */
const internal = [
  'cli/interruptible',
  'cli/program',
  'cli/session',
  'data/idx',
  'exchange/description',
  'native/load',
  'files/text-file',
  'figures/axes',
  'figures/render',
  'figures/theme',
  'report/write-report',
  'experiments/index',
  'experiments/teacher-student/experiment',
  'protocol/protocol',
  'protocol/protocol-json-schema',
];

const file = (name) => `${source}${name}.ts`;

/** The modules that `entry` opens at once, itself included; those behind `await import()` are not among them. */
function opened(entry, context) {
  const found = new Set([entry]);
  for (const id of found) for (const next of context.getModuleInfo(id)?.importedIds ?? []) found.add(next);
  return found;
}

/** A chunk of the modules that all of `entries` open, without these themselves: an entry does something when it is opened. */
function chunk(name, priority, entries) {
  const isIn = (id, context) => entries.every((entry) => id !== file(entry) && opened(file(entry), context).has(id));
  return { name: (id, context) => (isIn(id, context) ? name : null), debugName: name, priority };
}

const resolve = { extensionAlias: { '.js': ['.ts', '.js'] } };

/** Scripts of the pages, each a file of its own that src/report/page-scripts.ts puts into them. */
export const pages = ['report-page', 'live-page'].map((name) => ({
  input: file(`browser/${name}`),
  platform: 'browser',
  resolve,
  // A module of Node among them, say, which no browser has.
  onLog: (level, log) => {
    if (level === 'warn') throw new Error(log.message);
  },
  output: { file: `browser/${name}.js`, format: 'iife' },
}));

export default {
  input: Object.fromEntries([...published, ...internal].map((name) => [name, file(name)])),
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith(source),
  resolve,
  output: {
    chunkFileNames: 'chunks/[name]-[hash].js',
    sourcemap: true,
    codeSplitting: {
      groups: [
        chunk('shared', 3, ['index', 'cli/main']),
        chunk('library', 2, ['index']),
        chunk('command', 1, ['cli/main']),
      ],
    },
  },
};
