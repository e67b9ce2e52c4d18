/** Reports the capabilities of this build and this machine. Each problem comes with the command that fixes it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fashionMnistCommand, fashionMnistDirectory, missingFiles } from '../data/fashion-mnist.js';
import { EigenstudentError } from '../errors.js';
import type { NativeCudaDevice } from '../native/addon.js';
import { type Cuda, findCuda } from '../native/cuda.js';
import { addon, addonOrigin } from '../native/load.js';
import { versions } from '../runs/versions.js';
import { type ExitCode, exitCodes, type Session } from './session.js';

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** Whether the package requires it. */
  readonly needed: boolean;
  readonly detail: string;
  /** The command that fixes it. */
  readonly fix?: string;
}

interface Device {
  readonly name: string;
  readonly available: boolean;
  readonly detail: string;
}

/** The command depends on whether the package was installed by npm or cloned. */
const rebuild = import.meta.url.includes('/node_modules/')
  ? 'npm rebuild eigenstudent'
  : 'npm run build:native';

export async function doctor(session: Session): Promise<ExitCode> {
  const native = findAddon();
  const cuda = native.finding.ok ? findCuda() : needsAddon;
  const findings = [
    native.finding,
    await findTools(native.finding.ok),
    await cudaFinding(cuda),
    await findFashionMnist(),
  ];
  const devices = [...native.devices, cudaDevice(cuda)];
  const ok = findings.every((finding) => finding.ok || !finding.needed);
  const machine = { ...versions(), platform: process.platform, arch: process.arch };
  session.print(
    { ok, ...machine, build: native.build, devices, cuda, findings },
    text(machine, native.build, devices, findings),
  );
  return ok ? exitCodes.done : exitCodes.failed;
}

type Capabilities = ReturnType<ReturnType<typeof addon>['capabilities']> & {
  /** Revision: results of one revision are comparable bit for bit. */
  readonly arithmetic: number;
  readonly origin: string;
};

function findAddon(): { finding: Finding; build: Capabilities | null; devices: Device[] } {
  try {
    const { arithmetic } = addon();
    const capabilities = addon().capabilities();
    const origin = addonOrigin();
    const { engine, threads, isa, isaAvailable } = capabilities;
    const detail = `${engine}, ${threads} threads; built for ${isaAvailable.join(', ')}; takes ${isa}`;
    return {
      finding: { name: 'addon', ok: true, needed: true, detail: origin },
      build: { ...capabilities, arithmetic, origin },
      devices: [
        { name: 'cpu', available: true, detail },
        { name: 'reference', available: true, detail: 'slow and obvious; the judge of the others' },
      ],
    };
  } catch (error) {
    if (!(error instanceof EigenstudentError)) throw error;
    const unavailable = { available: false, detail: 'needs the addon' };
    return {
      finding: {
        name: 'addon',
        ok: false,
        needed: true,
        detail: error.message,
        fix: rebuild,
      },
      build: null,
      devices: [
        { name: 'cpu', ...unavailable },
        { name: 'reference', ...unavailable },
      ],
    };
  }
}

/** Tools that build the addon; relevant only where it is not built. */
async function findTools(built: boolean): Promise<Finding> {
  const tools = ['c++', 'make', 'python3'];
  const found = await Promise.all(tools.map((tool) => firstLine(tool, ['--version'])));
  const missing = tools.filter((_, i) => found[i] === undefined);
  const detail = tools.map((tool, i) => `${tool}: ${found[i] ?? 'missing'}`).join('; ');
  const ok = missing.length === 0;
  return {
    name: 'build tools',
    ok,
    needed: !built,
    detail,
    ...(!ok && process.platform === 'linux' && { fix: 'apt-get install build-essential python3' }),
  };
}

/** The data set of the examples with images; nothing needs it. */
async function findFashionMnist(): Promise<Finding> {
  const missing = await missingFiles(fashionMnistDirectory);
  const ok = missing.length === 0;
  const name = 'Fashion-MNIST';
  if (ok) return { name, ok, needed: false, detail: fashionMnistDirectory };
  const detail = `missing: ${missing.join(', ')} in ${fashionMnistDirectory}`;
  return {
    name,
    ok,
    needed: false,
    detail,
    ...(process.platform === 'linux' && { fix: fashionMnistCommand }),
  };
}

const needsAddon: Cuda = { problem: { missing: 'library', reason: 'it needs the addon', fix: rebuild } };

function cudaDevice({ problem, survey }: Cuda): Device {
  if (problem || !survey) return { name: 'cuda', available: false, detail: problem?.reason ?? '' };
  const kind = survey.emulated ? 'emulated on the CPU, for tests: ' : '';
  return { name: 'cuda', available: true, detail: kind + survey.devices.map(gpuText).join('; ') };
}

function gpuText({ index, name, capability, usable, totalBytes, freeBytes }: NativeCudaDevice): string {
  const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  const version = `compute capability ${Math.floor(capability / 10)}.${capability % 10}`;
  const memory = `${gibibytes(freeBytes)} of ${gibibytes(totalBytes)} GiB free`;
  return `${index} ${name}, ${version}, ${memory}${usable ? '' : ', too old for this build'}`;
}

/** Where CUDA cannot be used, the message still states whether the machine has a GPU. */
async function cudaFinding({ problem, path, survey }: Cuda): Promise<Finding> {
  const library = { name: 'cuda', needed: false };
  const versions = survey
    ? `; built with CUDA ${cudaVersion(survey.runtimeVersion)}, driver for CUDA ${cudaVersion(survey.driverVersion)}`
    : '';
  if (!problem) return { ...library, ok: true, detail: `${path}${versions}` };
  const gpu = await firstLine('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader']);
  const machine = gpu === undefined ? 'nvidia-smi does not answer' : `nvidia-smi sees ${gpu}`;
  const detail = `missing: ${problem.missing}; ${problem.reason}${versions}; ${machine}`;
  return { ...library, ok: false, detail, fix: problem.fix };
}

function cudaVersion(version: number): string {
  return version === 0 ? 'none' : `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}

/** The first line of a program's output; undefined where the program is missing or fails. */
async function firstLine(program: string, parameters: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, parameters, { timeout: 10_000 });
    return stdout.split('\n')[0]?.trim();
  } catch {
    return undefined;
  }
}

function text(
  { eigenstudent, node, platform, arch }: ReturnType<typeof versions> & { platform: string; arch: string },
  build: Capabilities | null,
  devices: readonly Device[],
  findings: readonly Finding[],
): string {
  const lines = [`eigenstudent ${eigenstudent}, Node ${node}, ${platform} ${arch}`];
  if (build) lines.push(`built by ${build.compiler}, arithmetic of revision ${build.arithmetic}`);
  lines.push('', 'Devices');
  for (const { name, available, detail } of devices)
    lines.push(`  ${available ? 'yes' : 'no '}  ${name}: ${detail}`);
  lines.push('', 'Findings');
  for (const { name, ok, needed, detail, fix } of findings) {
    lines.push(`  ${ok ? 'ok ' : needed ? 'BAD' : '-  '}  ${name}: ${detail}`);
    if (!ok && fix) lines.push(`       fix it with: ${fix}`);
  }
  return lines.join('\n');
}
