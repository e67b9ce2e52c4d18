import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const slow = [
  'test/science/**',
  'test/packaging/**',
  'test/cuda/**',
  'test/scale/**',
  'test/survival/**',
  'test/cluster/**',
  'test/browser/**',
  'test/docs/run/**',
];

/** What starts processes, changes what a process shares, or takes its time: not in `npm run test:quick`. */
const alone = [
  'test/cli/{disk,process,program,prune-elsewhere,query,signals,sweep-words,watch}.test.ts',
  'test/compatibility/*.test.ts',
  'test/data/{csv-against-pandas,read-as-peers}.test.ts',
  'test/{docs,examples,native-boundary,native-loader}/*.test.ts',
  'test/experiments/**/*.test.ts',
  'test/population/{address-limit,threads}.test.ts',
  'test/protocol/grid-properties.test.ts',
  'test/public-reports/{jest-realm,nohup}.test.ts',
  'test/report/{figure-pictures,zero-values,failed-figure,awkward-runs,grids,write-report}.test.ts',
  'test/runs/**/{full-disk,opened-at-once,owners,run-directory,record-index,status,many-records}.test.ts',
  'test/slurm/script.test.ts',
  'test/states/{floating-point,memory,teardown}.test.ts',
  'test/sweep/{changing-world,damage,growth,survive}.test.ts',
  'test/training/{abort-latency,interruption}.test.ts',
];

/** What depends on the kernels: golden cases, the oracle, and that bits do not depend on threads. */
const ofKernels = [
  'test/native-loader/instruction-set.test.ts',
  'test/golden/*.test.ts',
  'test/gradients/**/*.test.ts',
  'test/{kernels/kernels,population/population,population/threads}.test.ts',
  'test/pruning/{curve,gate-is-surgery}.test.ts',
  'test/training/train.test.ts',
];

/** What drives the addon hardest, misuse and ends of threads included; for `npm run test:sanitize:node`. */
const ofAddon = ['states', 'golden', 'network', 'population', 'kernels', 'pruning', 'training'].map(
  (room) => `test/${room}/**/*.test.ts`,
);
/** Sizes, times and last bits, which a sanitizer's flags change, and nothing that the others lack. */
const measuring = [
  'test/states/memory.test.ts',
  'test/training/abort-latency.test.ts',
  'test/golden/arithmetic.test.ts',
];

/**
 * The instruction sets that this machine can run besides the one that the project `tests` takes by itself. None without
 * an addon: then every test of `tests` fails.
 */
function otherInstructionSets(): string[] {
  const file = process.env.EIGENSTUDENT_NATIVE ?? './build/Release/eigenstudent.node';
  try {
    const { isa, isaAvailable } = createRequire(import.meta.url)(file).capabilities();
    return isaAvailable.filter((name: string) => name !== isa);
  } catch {
    return [];
  }
}

/**
 * `npm test` runs the projects `quick` and `tests`, each file in one of them, and the tests of the kernels once more for
 * each other instruction set; `npm run test:quick` the first alone. What takes minutes has a project and a command of
 * its own: `npm run test:science`, `npm run test:packaging`; `npm run test:slow` runs them and more. `npm run test:cuda`
 * builds an emulated device first, and runs on a GPU too where the CUDA library finds one.
 */
export default defineConfig({
  test: {
    // one file per core; by itself Vitest leaves one core free, of two the half
    maxWorkers: availableParallelism(),
    globalSetup: 'test/bundle-pages.js',
    projects: [
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'tests',
          include: alone,
          exclude: slow,
          // the same everywhere: where a library and a GPU are, 'auto' would take them. test/cuda looks for both
          env: { EIGENSTUDENT_CUDA: 'none' },
          // forks: an addon that crashes takes its own file down and the run reports it
          pool: 'forks',
          testTimeout: 30_000,
        },
      },
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: [...slow, ...alone],
          // modules are loaded once per worker instead of once per file: half of the time
          isolate: false,
          env: { EIGENSTUDENT_CUDA: 'none' },
          pool: 'forks',
          testTimeout: 30_000,
        },
      },
      ...otherInstructionSets().map((isa) => ({
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: `instruction set ${isa}`,
          include: ofKernels,
          isolate: false,
          pool: 'forks' as const,
          testTimeout: 30_000,
          env: { EIGENSTUDENT_ISA: isa, EIGENSTUDENT_CUDA: 'none' },
        },
      })),
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'sanitized',
          include: ofAddon,
          exclude: measuring,
          env: { EIGENSTUDENT_CUDA: 'none' },
          pool: 'forks',
          testTimeout: 120_000,
        },
      },
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'science',
          include: ['test/science/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'scale',
          include: ['test/scale/**/*.test.ts'],
          env: { EIGENSTUDENT_CUDA: 'none' },
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'survival',
          include: ['test/survival/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 600_000,
          hookTimeout: 120_000,
          env: { EIGENSTUDENT_CUDA: 'none' },
        },
      },
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          env: { EIGENSTUDENT_CUDA: 'none' },
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 15_000 } },
          // its times are those of one browser, not of three side by side
          fileParallelism: false,
        },
      },
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'cuda',
          include: ['test/cuda/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'slurm',
          include: ['test/cluster/**/*.test.ts'],
          env: { EIGENSTUDENT_CUDA: 'none' },
          pool: 'forks',
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'docs',
          include: ['test/docs/run/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          setupFiles: 'test/setup/experiments.ts',
          name: 'packaging',
          include: ['test/packaging/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
