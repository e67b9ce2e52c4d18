import { defineConfig } from 'vitest/config';

const slow = ['test/science/**', 'test/packaging/**', 'test/cuda/**'];

/**
 * `npm test` runs the project `tests`. What takes minutes has a project and a command of its own:
 * `npm run test:science`, `npm run test:packaging`; `npm run test:slow` runs both. `npm run test:cuda` builds an emulated
 * device first, and runs on a GPU too where the CUDA library finds one.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
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
          name: 'science',
          include: ['test/science/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'cuda',
          include: ['test/cuda/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
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
