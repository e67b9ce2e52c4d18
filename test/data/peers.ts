/** Programs that read the same bytes, to be compared with. Each is started once for many files. */
import { spawnSync } from 'node:child_process';

/** The first Python with NumPy. */
export function findNumpy(): string | undefined {
  const has = (python: string) => spawnSync(python, ['-c', 'import numpy']).status === 0;
  return ['/usr/bin/python3', 'python3'].find(has);
}

/** What a program prints. @throws when it fails */
export function outputOf(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return stdout;
}
