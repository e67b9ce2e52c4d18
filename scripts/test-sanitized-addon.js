// The addon under AddressSanitizer and UndefinedBehaviorSanitizer, loaded by Node: the project "sanitized" of
// vitest.config.ts, or, with the first argument "boundary", random calls over the boundary (test/native-boundary/run.mjs).
// Further arguments go to vitest, or to that script.
//
// Without looking for leaks: of Node's and V8's own, which are there until the process ends, nothing tells those of the
// addon apart (every stack has Node below it). test/states/memory.test.ts watches those by the size of the process, and
// the C++ tests are looked over for leaks.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function cmake(...args) {
  const { status } = spawnSync('cmake', args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

/** Node knows nothing of sanitizers, so that their libraries must be there before the addon. */
function runtime(library) {
  return execFileSync('g++', [`-print-file-name=${library}`], { encoding: 'utf8' }).trim();
}

cmake('--preset', 'asan');
cmake('--build', '--preset', 'asan', '--target', 'eigenstudent', '--parallel');
const [first, ...rest] = process.argv.slice(2);
const command =
  first === 'boundary'
    ? ['--expose-gc', 'test/native-boundary/run.mjs', ...rest]
    : ['node_modules/vitest/vitest.mjs', 'run', '--project', 'sanitized', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, command, {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    EIGENSTUDENT_NATIVE: `${root}/build-asan/Release/eigenstudent.node`,
    EIGENSTUDENT_CUDA: 'none',
    LD_PRELOAD: ['libasan.so', 'libubsan.so'].map(runtime).join(' '),
    // V8 asks for more memory than there is, and makes a RangeError of the answer
    ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  },
});
process.exitCode = status ?? 1;
