// Random calls over the boundary to native code:
//   node test/native-boundary/run.mjs --from 0 --count 1000
// Every scenario follows from its number alone: --from N --count 1 repeats one. A failure is printed with its number, and
// the exit code is then 1. Prints the memory of the process as it goes, and fails where that grows and does not stop.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { memoryWatch } from './memory.mjs';
import { objectScenario } from './object-scenario.mjs';
import { oddScenario } from './odd-scenario.mjs';
import { populationScenario } from './population-scenario.mjs';
import { publicScenario } from './public-scenario.mjs';
import { randomOf } from './random.mjs';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '1000' },
    verbose: { type: 'boolean', default: false },
  },
});
const first = Number(values.from);
const count = Number(values.count);
const built = fileURLToPath(new URL('../../build/Release/eigenstudent.node', import.meta.url));
const native = createRequire(import.meta.url)(process.env.EIGENSTUDENT_NATIVE ?? built);
/** Longest that one scenario may take, in milliseconds; sanitizers and busy machines included. */
const longest = 30_000;

const scenarios = [populationScenario, populationScenario, objectScenario, publicScenario, publicScenario, oddScenario];
const failed = new Set();
let running = 'nothing';
let timer = setTimeout(hung, longest);

function hung() {
  console.error(`scenario ${running} did not end in ${longest} ms`);
  process.exit(2);
}
process.on('uncaughtException', (error) => {
  console.error(`scenario ${running}: an error that nobody could catch: ${error.stack}`);
  process.exit(3);
});

// Texts that are no paths are written to all the same: in here.
const folder = mkdtempSync(join(tmpdir(), 'eigenstudent-boundary-'));
process.chdir(folder);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const memory = memoryWatch(count);
for (let seed = first; seed < first + count; ++seed) {
  running = seed;
  timer.refresh();
  const fail = (text) => {
    failed.add(seed);
    console.log(`${seed}: ${text}`); // at once, because a run may be stopped before its end
  };
  const random = randomOf(seed);
  try {
    const about = await random.pick(scenarios)(native, random, fail);
    if (values.verbose) console.log(`${seed}: ${about}`);
  } catch (error) {
    fail(`the scenario itself failed: ${error.stack}`);
  }
  memory.after(seed - first + 1);
  if ((seed - first + 1) % 2500 === 0) console.log(`${seed - first + 1} calls, ${failed.size} failed`);
}
clearTimeout(timer);
const growth = memory.growth();
console.log(`${count} calls from ${first}, ${failed.size} failed; ${growth.said}`);
process.exitCode = failed.size > 0 || growth.leaks ? 1 : 0;
