// The C++ contract tests under sanitizers, whose every finding ends the program:
//   node scripts/test-sanitized.js            the first two of
//   node scripts/test-sanitized.js address    the CPU backend under AddressSanitizer (leaks too) and
//                                             UndefinedBehaviorSanitizer; what passes through the kernels once more on
//                                             each other instruction set of this machine
//   node scripts/test-sanitized.js thread     the tests with threads in them under ThreadSanitizer
//   node scripts/test-sanitized.js cuda       all tests as under address, emulated CUDA devices too: minutes
// As many at a time as there are cores. The last line is "N passed, N failed".
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** ThreadSanitizer takes ten times as long: the rest runs on one thread anyway. */
const withThreads = ['thread', 'stop', 'at once', 'among others'];

/** What passes through every kernel, at odd sizes. */
const ofKernels = ['layer kernels', 'two epochs', 'pruning', 'wide', 'losses'];

/** What to run once a preset of CMakePresets.json is built: arguments of contract_tests, the instruction set, the backends. */
const jobsOf = {
  address: () => [
    { preset: 'asan', isa: 'plain', names: ['contract:', 'thread'], backends: 'cpu' },
    ...vectorSets().map((isa) => ({ preset: 'asan', isa, names: ofKernels, backends: 'cpu' })),
  ],
  thread: () => [
    { preset: 'tsan', isa: '', names: withThreads, backends: 'cpu' },
    { preset: 'tsan', isa: '', names: ['race', 'number of devices'], backends: '' },
  ],
  cuda: () => [{ preset: 'asan', isa: '', names: [], backends: '' }],
};

function vectorSets() {
  const addon = createRequire(import.meta.url)('../build/Release/eigenstudent.node');
  return addon.capabilities().isaAvailable.filter((isa) => isa !== 'plain');
}

function build(preset) {
  for (const args of [
    ['--preset', preset],
    ['--build', '--preset', preset, '--parallel', String(availableParallelism())],
  ]) {
    const { status } = spawnSync('cmake', args, { cwd: root, stdio: 'inherit' });
    if (status !== 0) process.exit(1);
  }
}

/** Runs one job and prints its output when it ends. Resolves to [passed, failed]; a crash is one failure. */
function run({ preset, isa, names, backends }) {
  const title = [preset, isa, ...names].filter(Boolean).join(', ');
  const child = spawn(`${root}/build-${preset}/contract_tests`, names, {
    env: {
      ...process.env,
      EIGENSTUDENT_ISA: isa,
      EIGENSTUDENT_CONTRACT: backends,
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output += text;
    });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      console.log(`--- ${title}\n${output}`);
      const [, passed, failed] = /^(\d+) passed, (\d+) failed/m.exec(output) ?? ['', '0', '0'];
      resolve([Number(passed), Math.max(Number(failed), code === 0 ? 0 : 1)]);
    });
  });
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : ['address', 'thread'];
const jobs = wanted.flatMap((name) => jobsOf[name]());
for (const preset of new Set(jobs.map((job) => job.preset))) build(preset);

const totals = [0, 0];
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let job = jobs.shift(); job; job = jobs.shift())
      for (const [i, count] of (await run(job)).entries()) totals[i] += count;
  }),
);
console.log(`${totals[0]} passed, ${totals[1]} failed`);
process.exitCode = totals[1] > 0 ? 1 : 0;
