// Prints the files of some groups of native/sources.json, the one source list of binding.gyp and CMakeLists.txt:
//   node scripts/sources.js core cpu        node scripts/sources.js isa.avx2
import { readFileSync } from 'node:fs';

const list = JSON.parse(readFileSync(new URL('../native/sources.json', import.meta.url), 'utf8'));
const files = process.argv.slice(2).flatMap((group) => {
  const found = group.startsWith('isa.') ? list.isa[group.slice(4)] : list[group];
  if (!Array.isArray(found)) throw new Error(`expected a group of native/sources.json, received "${group}"`);
  return found;
});
console.log(files.map((file) => `native/${file}`).join('\n'));
