// Reads damaged files of every format: npm run test:damage -- --from 0 --count 20000 [--workers 2] [--format parquet]
// --format leaves out the numbers of formats whose name does not end so.
// Number N is always the same file, so that one that fails can be looked at alone: --from N --count 1 --keep FILE.
// Each must be an EigenstudentError, or the right numbers (formats.mjs says which those are), within 2 s of processor time
// and 256 MiB beyond the file's size. A process that crashes, or takes 10 s of processor time for one file, fails it.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '20000' },
    workers: { type: 'string', default: '1' },
    keep: { type: 'string' },
    format: { type: 'string', default: '' },
  },
});
const [from, count, workers] = [values.from, values.count, values.workers].map(Number);
const child = fileURLToPath(new URL('child.mjs', import.meta.url));
const atOnce = 100;
const mostSeconds = 10;

if (values.keep) {
  const { formats } = await import('./formats.mjs');
  const { damaged, randomNumbers } = await import('./mutations.mjs');
  writeFileSync(values.keep, damaged(randomNumbers(from), formats[from % formats.length].bytes));
}

let next = from;
const end = from + count;
const failures = [];
const counts = {};
const started = performance.now();

/** Of processor time (proc(5): fields 14 and 15 in hundredths); 0 for a process that is gone. */
function secondsOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** Fails the number that a child was at, and goes on behind it. */
function work(rest = []) {
  return new Promise((resolve) => {
    const folder = mkdtempSync(join(tmpdir(), 'eigenstudent-damage-'));
    const process = fork(child, [folder, values.format], { env: { ...globalThis.process.env, EIGENSTUDENT_CUDA: 'none' } });
    let at;
    let to;
    let finished = false;
    let used = 0;
    const timer = setInterval(() => {
      if (secondsOf(process.pid) - used > mostSeconds) process.kill('SIGKILL');
    }, 500);
    process.on('message', (message) => {
      used = secondsOf(process.pid);
      if (message.starts !== undefined) at = message.starts;
      else if (message.done) {
        at = undefined;
        let start;
        [start, to] = rest.length > 0 ? rest : [next, Math.min(end, next + atOnce)];
        next = Math.max(next, to);
        rest = [];
        finished = start >= to;
        if (finished) process.kill();
        else process.send({ from: start, to });
      } else note(message);
    });
    process.on('exit', (code, signal) => {
      clearInterval(timer);
      rmSync(folder, { recursive: true, force: true });
      if (finished) return resolve();
      note({ number: at, name: '?', outcome: `the process ended: ${signal ?? code}` });
      if (at === undefined) return resolve(); // before its first file: no other would start either
      resolve(work(at + 1 < to ? [at + 1, to] : []));
    });
  });
}

function note({ number, name, outcome }) {
  const known = /^(right|refused: \w+)$/.exec(outcome);
  const kind = known ? known[1] : 'wrong';
  if ((Object.values(counts).reduce((sum, { all }) => sum + all, 0) + 1) % 5000 === 0)
    console.log(`up to ${number}: ${failures.length} failed, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  counts[name] ??= { all: 0 };
  counts[name].all += 1;
  counts[name][kind] = (counts[name][kind] ?? 0) + 1;
  if (known) return;
  failures.push(number);
  console.log(`${number} (${name}): ${outcome}`);
}

await Promise.all(Array.from({ length: workers }, () => work()));
console.table(counts);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
const all = Object.values(counts).reduce((sum, kinds) => sum + kinds.all, 0);
console.log(`${all} damaged files of the numbers ${from} to ${end - 1}: ${failures.length} failed, ${seconds} s`);
process.exitCode = failures.length === 0 ? 0 : 1;
