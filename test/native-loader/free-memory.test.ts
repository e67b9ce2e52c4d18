/** The limits of control groups, from files as Linux has them: v2 and v1, of the group itself and of those above. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leftInGroups } from '../../src/native/free-memory.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'eigenstudent-cgroup-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Files of one group, by its path below the root. */
function group(path: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(root, path), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, path, name), `${text}\n`);
}

function left(...membership: string[]): number {
  const file = join(root, 'self');
  writeFileSync(file, `${membership.join('\n')}\n`);
  return leftInGroups(root, file);
}

const stat = (inactive: string, bytes: number) => `anon 5\n${inactive} ${bytes}\nactive_file 7`;

describe('of cgroup v2', () => {
  it('is the limit less the memory in use, without cached files', () => {
    group('jobs/one', {
      'memory.max': '1000000',
      'memory.current': '400000',
      'memory.stat': stat('inactive_file', 150_000),
    });
    expect(left('0::/jobs/one')).toBe(750_000);
  });

  it('is that of the narrowest group above', () => {
    group('jobs/one', { 'memory.max': 'max', 'memory.current': '10' });
    group('jobs', { 'memory.max': '3000', 'memory.current': '1000' });
    group('', { 'memory.max': '9000', 'memory.current': '1000' });
    expect(left('0::/jobs/one')).toBe(2000);
  });

  it('is that of the root in a container, which sees the path of the host', () => {
    group('', { 'memory.max': '5000', 'memory.current': '1000' });
    expect(left('0::/docker/0123abc')).toBe(4000);
  });

  it('is found under a path with colons, as containerd makes them', () => {
    const path = 'system.slice/kubepods-pod1.slice:cri-containerd:abc';
    group(path, { 'memory.max': '5000', 'memory.current': '2000' });
    expect(left(`0::/${path}`)).toBe(3000);
  });

  it('is negative where more than the limit is in use, which counts as no memory', () => {
    group('jobs', { 'memory.max': '1000', 'memory.current': '1500' });
    expect(left('0::/jobs')).toBe(-500);
  });
});

describe('of cgroup v1', () => {
  it('is the limit of the memory controller, alone or with others', () => {
    group('memory/jobs', {
      'memory.limit_in_bytes': '1000000',
      'memory.usage_in_bytes': '400000',
      'memory.stat': stat('total_inactive_file', 100_000),
    });
    expect(left('5:cpu,cpuacct:/elsewhere', '4:memory:/jobs', '0::/')).toBe(700_000);
    expect(left('4:hugetlb,memory:/jobs')).toBe(700_000);
  });

  it('is unlimited where the limit is the number that means none', () => {
    group('memory', { 'memory.limit_in_bytes': '9223372036854771712', 'memory.usage_in_bytes': '400000' });
    expect(left('4:memory:/')).toBe(Infinity);
  });

  it('is unlimited for controllers other than memory', () => {
    group('memory/jobs', { 'memory.limit_in_bytes': '1000', 'memory.usage_in_bytes': '0' });
    expect(left('3:cpuset:/jobs')).toBe(Infinity);
  });
});

it('is unlimited where there are no control groups, as on systems without /proc', () => {
  expect(leftInGroups(root, join(root, 'nothing'))).toBe(Infinity);
});

it('the least of both versions counts where a process is in groups of both', () => {
  group('memory/jobs', { 'memory.limit_in_bytes': '1000', 'memory.usage_in_bytes': '100' });
  group('unit', { 'memory.max': '800', 'memory.current': '100' });
  expect(left('4:memory:/jobs', '0::/unit')).toBe(700);
});
