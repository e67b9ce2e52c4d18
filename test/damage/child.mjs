// Reads the damaged files of the numbers that it is sent, one after the other, and answers what became of each.
//   node child.mjs FOLDER [END OF THE NAMES OF FORMATS]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formats } from './formats.mjs';
import { damaged, randomNumbers } from './mutations.mjs';

const [, , folder, ending = ''] = process.argv;
/** Of processor time, and of memory beyond the file's size. */
const most = { seconds: 2, bytes: 256 * 2 ** 20 };

/** What each format reads as when nothing has happened to it; by the way, that it can be read. */
const originals = new Map();
for (const { name, bytes, read, text } of formats) {
  const path = join(folder, `original-${name}`);
  writeFileSync(path, bytes);
  const value = await read(path);
  originals.set(name, text ? text(value) : bytes);
}

/** "right", "refused: <code>", or what is wrong. */
async function outcomeOf(number) {
  const { name, bytes, read, check } = formats[number % formats.length];
  const random = randomNumbers(number);
  const file = damaged(random, bytes);
  const path = join(folder, name);
  writeFileSync(path, file);
  const [before, used] = [process.memoryUsage.rss(), process.cpuUsage()];
  let outcome = 'right';
  try {
    check(await read(path), file, originals.get(name), bytes);
  } catch (error) {
    const refused = error?.name === 'EigenstudentError' && typeof error.code === 'string' && error.code !== 'internal';
    outcome = refused ? `refused: ${error.code}` : String(error?.stack ?? error);
  }
  const { user, system } = process.cpuUsage(used);
  const seconds = (user + system) / 1e6;
  const more = 1024 * process.resourceUsage().maxRSS - Math.max(before, peak);
  peak = Math.max(peak, 1024 * process.resourceUsage().maxRSS);
  if (seconds > most.seconds) outcome = `${seconds} s of processor time; ${outcome}`;
  if (more > most.bytes + file.length) outcome = `${more} bytes of memory; ${outcome}`;
  return { number, name, outcome };
}

let peak = 1024 * process.resourceUsage().maxRSS;
process.on('message', async ({ from, to }) => {
  for (let number = from; number < to; ++number) {
    if (!formats[number % formats.length].name.endsWith(ending)) continue;
    process.send({ starts: number });
    process.send(await outcomeOf(number));
  }
  process.send({ done: true });
});
process.send({ done: true });
