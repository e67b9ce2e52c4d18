import { execFileSync } from 'node:child_process';

/** Whether a disk of its own could be put there; needs root and leave to mount. */
export function mount(path: string, options: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
