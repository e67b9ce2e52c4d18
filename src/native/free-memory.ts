/**
 * How much memory this process may still allocate, so that larger requests are refused before the system
 * kills the process.
 */
import { existsSync, readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { EigenstudentError } from '../errors.js';

/** Smaller requests are not checked: the check takes longer than the allocation. Arbitrary. */
const smallest = 64 * 2 ** 20;

/**
 * Bytes that may still be allocated: the least of the machine's free memory, the rest of the limits of
 * control groups (v1 and v2) and the rest of `ulimit -v`. $EIGENSTUDENT_MEMORY, in bytes, overrides it.
 * @throws invalid_argument when the variable is not a number of bytes
 */
export function freeMemory(): number {
  const wanted = process.env.EIGENSTUDENT_MEMORY;
  if (wanted) return wantedBytes(wanted);
  // Of Node: the limit of the control group less what this process holds.
  return Math.max(0, Math.min(freemem(), process.availableMemory(), leftInGroups(), leftOfAddresses()));
}

/**
 * @param name of what needs the memory, as in "student 3"
 * @param advice a sentence without its full stop
 * @throws out_of_memory with the bytes needed and those free
 */
export function requireMemory(what: string, bytes: number, advice: string): void {
  if (bytes < smallest) return;
  const free = freeMemory();
  if (bytes <= free) return;
  throw new EigenstudentError(
    'out_of_memory',
    `${what} needs ${Math.ceil(bytes)} bytes of memory, and ${Math.floor(free)} are free. ${advice}, or set ` +
      'EIGENSTUDENT_MEMORY to the bytes that may be used, if you know better',
  );
}

function wantedBytes(text: string): number {
  const bytes = Number(text);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new EigenstudentError(
    'invalid_argument',
    `expected a positive number of bytes for EIGENSTUDENT_MEMORY, received ${JSON.stringify(text)}`,
  );
}

/**
 * Memory of other processes of the group counts too; cached files do not, as the system evicts them.
 * @param root where the control groups are mounted
 * @param membership the file that names the groups of this process, one line per hierarchy: "4:memory:/path",
 *   of v2 "0::/path"
 */
export function leftInGroups(root = '/sys/fs/cgroup', membership = '/proc/self/cgroup'): number {
  let left = Infinity;
  for (const line of textOf(membership).split('\n')) {
    // The path may have colons of its own, as those of containerd do.
    const [, controllers, path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined) continue;
    const v2 = controllers === '';
    if (!v2 && !controllers.split(',').includes('memory')) continue;
    const names = v2
      ? { folder: root, limit: 'memory.max', held: 'memory.current', files: 'inactive_file' }
      : {
          folder: join(root, 'memory'),
          limit: 'memory.limit_in_bytes',
          held: 'memory.usage_in_bytes',
          files: 'total_inactive_file',
        };
    // Limits of all parent groups apply as well; in a container the path may be that of the host, and the
    // root is the group.
    const parts = path.split('/').filter((part) => part !== '');
    for (let depth = parts.length; depth >= 0; --depth) {
      const folder = join(names.folder, ...parts.slice(0, depth));
      const limit = Number.parseFloat(textOf(join(folder, names.limit)));
      if (!(limit < 2 ** 62)) continue;
      const files = new RegExp(`^${names.files} (\\d+)`, 'm').exec(textOf(join(folder, 'memory.stat')))?.[1];
      left = Math.min(left, limit - Number(textOf(join(folder, names.held))) + Number(files ?? 0));
    }
  }
  return left;
}

/** Of addresses, which `ulimit -v` counts. */
function leftOfAddresses(): number {
  const limit = /^Max address space\s+(\d+)/m.exec(textOf('/proc/self/limits'))?.[1];
  if (limit === undefined) return Infinity;
  const held = /^VmSize:\s+(\d+) kB/m.exec(textOf('/proc/self/status'))?.[1];
  return Number(limit) - 1024 * Number(held ?? 0);
}

/** Empty where there is none, as on systems without /proc. */
function textOf(path: string): string {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  } catch {
    return ''; // not readable: it yields no limit
  }
}
