/** Finds and opens the CUDA library, once. No other module has its path. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { EigenstudentError } from '../errors.js';
import type { NativeSurvey } from './addon.js';
import { addon, addonOrigin } from './load.js';
import { ownPackage } from './own-package.js';

/** The reason why this process cannot use a CUDA device. */
export interface CudaProblem {
  readonly missing: 'library' | 'driver' | 'newer driver' | 'device';
  /** A clause that continues "device 'cuda' was asked for, but". */
  readonly reason: string;
  /** The command that fixes it, where there is one. */
  readonly fix?: string;
}

export interface Cuda {
  /** Absent where a device can be used. */
  readonly problem?: CudaProblem;
  /** Path of the library and the devices that it finds; absent where no library loads. */
  readonly path?: string;
  readonly survey?: NativeSurvey;
}

const fileName = process.platform === 'win32' ? 'eigenstudent-cuda.dll' : 'libeigenstudent-cuda.so';

/** The command that builds the library. In a clone; installed from a package there are no scripts, but the sources. */
function build(): string {
  if (!import.meta.url.includes('/node_modules/')) return 'npm run build:cuda';
  const root = ownPackage().folder;
  const folder = join(root, 'build-cuda');
  return `cmake -S ${root} -B ${folder} -DES_CUDA=ON -DES_ADDON=OFF && cmake --build ${folder} --target eigenstudent-cuda`;
}

/** By the value of EIGENSTUDENT_CUDA: the library is queried once, not at every call. */
const found = new Map<string | undefined, Cuda>();

/**
 * The CUDA library and the devices that it finds, or why there are none. $EIGENSTUDENT_CUDA names the only
 * file that is tried; "none" turns CUDA off. Else the library is searched for beside the addon, then in
 * build-cuda/.
 */
export function findCuda(): Cuda {
  const wanted = process.env.EIGENSTUDENT_CUDA || undefined;
  const cuda = found.get(wanted) ?? open(wanted);
  found.set(wanted, cuda);
  return cuda;
}

function open(wanted: string | undefined): Cuda {
  if (wanted === 'none') return noLibrary('EIGENSTUDENT_CUDA=none turns it off', 'unset EIGENSTUDENT_CUDA');
  const places = wanted === undefined ? libraryPlaces() : [wanted];
  const path = places.find(existsSync);
  if (path === undefined) {
    const where = wanted === undefined ? places.join(' nor at ') : `${wanted} (EIGENSTUDENT_CUDA is set)`;
    return noLibrary(`the CUDA library is not built: there is none at ${where}`, build());
  }
  try {
    const survey = addon().cuda.open(path);
    const problem = problemOf(survey);
    return { path, survey, problem };
  } catch (error) {
    if (!(error instanceof EigenstudentError) || error.code !== 'cuda_unavailable') throw error;
    return noLibrary(error.message, build());
  }
}

function noLibrary(reason: string, fix: string): Cuda {
  return { problem: { missing: 'library', reason, fix } };
}

function libraryPlaces(): string[] {
  const origin = addonOrigin();
  const { require, folder } = ownPackage();
  const file = isAbsolute(origin) ? origin : require.resolve(origin);
  return [join(dirname(file), fileName), join(folder, 'build-cuda/Release', fileName)];
}

function problemOf(survey: NativeSurvey): CudaProblem | undefined {
  const { reason, emulated, driverVersion, runtimeVersion, devices } = survey;
  if (reason === '') return undefined;
  if (emulated || devices.length > 0) return { missing: 'device', reason };
  if (driverVersion === 0) return { missing: 'driver', reason };
  return { missing: driverVersion < runtimeVersion ? 'newer driver' : 'device', reason };
}
