/** Finds, and where need be compiles, the programs that trials are compared with, and the meter of the machine's peak. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FoundProgram, ProgramName } from './trials/kind.js';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Compiled programs live in a folder of their own until dispose(). */
export class Programs {
  readonly #folder = mkdtempSync(join(tmpdir(), 'eigenstudent-bench-'));
  readonly #found = new Map<ProgramName, FoundProgram>();
  #peakMeter: string | undefined;
  readonly #finders: Readonly<Record<ProgramName, () => FoundProgram>> = {
    torch: findTorch,
    openblas: () => this.#findOpenblas(),
    steps: buildSteps,
  };

  /** Looks once for each program. */
  find(names: readonly ProgramName[]): Partial<Record<ProgramName, FoundProgram>> {
    for (const name of names) if (!this.#found.has(name)) this.#found.set(name, this.#finders[name]());
    return Object.fromEntries(names.map((name) => [name, this.#found.get(name) as FoundProgram]));
  }

  /** Float32 multiply-adds of one core in GFLOP/s, measured now; undefined without a C++ compiler. */
  peakGflops(): number | undefined {
    // with fused multiply-adds, for the machine it runs on
    this.#peakMeter ??= this.#compile('fma_peak', ['-march=native', '-ffp-contract=fast']) ?? '';
    return this.#peakMeter === '' ? undefined : Number(execFileSync(this.#peakMeter, { encoding: 'utf8' }));
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #findOpenblas(): FoundProgram {
    const program = this.#compile('openblas_products', [], ['-ldl']);
    if (program === undefined) return { missing: 'no C++ compiler was found (CXX=... names one)' };
    const probe = spawnSync(program, ['--probe'], { encoding: 'utf8' });
    return probe.status === 0 ? { command: [program] } : { missing: probe.stderr.trim() };
  }

  #compile(name: string, flags: readonly string[], libraries: readonly string[] = []): string | undefined {
    const program = join(this.#folder, name);
    const source = join(root, `bench/peers/${name}.cpp`);
    const options = ['-std=c++20', '-O3', ...flags, source, '-o', program, ...libraries];
    const { status } = spawnSync(process.env.CXX ?? 'g++', options, {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return status === 0 ? program : undefined;
  }
}

/** The first Python that can import torch. `PYTHON` names one to try first. */
function findTorch(): FoundProgram {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter((path) => path !== undefined);
  const python = candidates.find(
    (path) => spawnSync(path, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  );
  if (python === undefined)
    return { missing: `no Python here imports torch (tried ${candidates.join(', ')}; PYTHON=... names one)` };
  return { command: [python] };
}

/** The C++ benchmark program, in build-bench-native; what has not changed is not compiled again. */
function buildSteps(): FoundProgram {
  const folder = join(root, 'build-bench-native');
  const commands = [
    ['-S', root, '-B', folder, '-DCMAKE_BUILD_TYPE=Release'],
    ['--build', folder, '--target', 'bench_steps', '--parallel'],
  ];
  process.stderr.write('building build-bench-native/bench_steps ...\n');
  for (const options of commands) {
    const { status, error, stderr } = spawnSync('cmake', options, { encoding: 'utf8' });
    if (error) return { missing: `cmake was not found (${error.message})` };
    if (status !== 0)
      return { missing: `cmake ${options.join(' ')} failed: ${stderr.trim().split('\n').at(-1)}` };
  }
  return { command: [join(folder, 'bench_steps')] };
}
