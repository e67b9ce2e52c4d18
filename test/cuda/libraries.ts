/** The CUDA libraries that these tests run on: an emulated one, always, and the real one where it finds a GPU. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findCuda } from '../../src/native/cuda.js';

/** Two emulated devices, built by `npm run test:cuda`. */
export const emulatedLibrary = fileURLToPath(
  new URL('../../build-tests/Release/libeigenstudent-cuda-emulated.so', import.meta.url),
);

/** What this process takes for the CUDA library from now on. To be called before anything asks for it. */
export function useEmulatedLibrary(): void {
  if (!existsSync(emulatedLibrary))
    throw new Error(`${emulatedLibrary} is not there; run \`npm run test:cuda\``);
  process.env.EIGENSTUDENT_CUDA = emulatedLibrary;
}

/** Why the tests on a GPU cannot run here; undefined where they can. */
export function whyNoGpu(): string | undefined {
  const { problem, survey } = findCuda();
  if (problem) return problem.reason;
  return survey?.emulated ? 'the library found is an emulated one' : undefined;
}

export function gpuCount(): number {
  return findCuda().survey?.devices.length ?? 0;
}
