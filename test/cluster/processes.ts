/** Processes of this machine by their environment, which their children inherit. Linux only, as Slurm's daemons are. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Those that have every one of these variables with these values; never this one. */
export function processesWith(variables: Readonly<Record<string, string>>): Process[] {
  const wanted = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const environment = read(`/proc/${pid}/environ`);
      if (!wanted.every((variable) => environment.includes(variable))) return [];
      return [{ pid: Number(pid), command: read(`/proc/${pid}/cmdline`).join(' ') }];
    });
}

/** Parts that end in a zero byte; none of a process that is gone, or somebody else's. */
function read(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Ends them at once, those that are still there. */
export function kill(processes: readonly Process[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}
