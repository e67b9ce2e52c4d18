/**
 * What a trial is compared with: PyTorch, where a Python has it, and the machine's own floating-point peak.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Trial } from './trials.js';

export interface TorchStep {
  readonly torch: string;
  /** Library behind its matrix products; "reference" is Debian's slow default. */
  readonly blas: string;
  readonly microseconds: number;
}

/** The first Python that can import torch, or undefined. `PYTHON` names one to try first. */
export function findTorch(): string | undefined {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter((path) => path !== undefined);
  return candidates.find(
    (python) => spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  );
}

/** The same step in eager PyTorch on one thread. */
export function torchStep(python: string, root: string, trial: Trial, seconds: number): TorchStep {
  const script = join(root, 'bench/peers/torch_step.py');
  const { parametrization, width } = trial;
  const options = ['--width', width, '--parametrization', parametrization, '--seconds', seconds].map(String);
  const output = execFileSync(python, [script, ...options], { encoding: 'utf8' });
  const { torch, blas, microseconds } = JSON.parse(output) as TorchStep;
  return { torch, blas, microseconds };
}

/** Measures the float32 multiply-adds of one core, in GFLOP/s. */
export interface PeakMeter {
  readonly gflops: () => number;
  readonly dispose: () => void;
}

/** Compiles the meter; undefined where no C++ compiler is found. */
export function peakMeter(root: string): PeakMeter | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'eigenstudent-bench-'));
  const program = join(directory, 'fma_peak');
  const dispose = () => rmSync(directory, { recursive: true, force: true });
  const source = join(root, 'bench/peers/fma_peak.cpp');
  const compiler = process.env.CXX ?? 'g++';
  const flags = ['-std=c++20', '-O3', '-march=native', '-ffp-contract=fast', source, '-o', program];
  if (spawnSync(compiler, flags, { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0) {
    dispose();
    return undefined;
  }
  return { gflops: () => Number(execFileSync(program, { encoding: 'utf8' })), dispose };
}
