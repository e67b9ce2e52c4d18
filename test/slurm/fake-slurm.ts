/** Slurm's commands on PATH that answer what a test has them answer, and keep what they were called with. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FakeAnswer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly status?: number;
}

export const fakeConfig =
  'ClusterName             = fake\nMaxArraySize            = 1001\nMaxJobCount             = 10000\n';

export class FakeSlurm {
  readonly #folder: string;
  readonly #path = process.env.PATH;

  /** @param folder to put the commands into */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    // nothing else is on PATH: a real Slurm of this machine is never met
    process.env.PATH = folder;
  }

  /** Makes a command answer; each of the fakes keeps its arguments and its standard input. */
  answer(command: string, { stdout = '', stderr = '', status = 0 }: FakeAnswer): this {
    const file = join(this.#folder, command);
    writeFileSync(`${file}.stdout`, stdout);
    writeFileSync(`${file}.stderr`, stderr);
    const script = `#!/bin/bash
printf '%s\\n' "$@" > '${file}.arguments'
/bin/cat > '${file}.stdin'
echo "restarts \${SLURM_RESTART_COUNT-none}" > '${file}.environment'
/bin/cat '${file}.stdout'
/bin/cat '${file}.stderr' >&2
exit ${status}
`;
    writeFileSync(file, script);
    chmodSync(file, 0o755);
    return this;
  }

  /** What the last call of a command was given; undefined where it was not called. */
  call(command: string): { parameters: string[]; stdin: string; environment: string } | undefined {
    const file = join(this.#folder, command);
    if (!existsSync(`${file}.arguments`)) return undefined;
    const read = (kind: string) => readFileSync(`${file}.${kind}`, 'utf8');
    return {
      parameters: read('arguments').trimEnd().split('\n'),
      stdin: read('stdin'),
      environment: read('environment').trimEnd(),
    };
  }

  /** Puts PATH back. */
  remove(): void {
    process.env.PATH = this.#path;
  }
}
