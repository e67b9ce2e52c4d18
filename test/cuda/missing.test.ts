/** What is missing is said, with the exit code and the command that fixes it. Each case in a process of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addon } from '../../src/native/load.js';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { emulatedLibrary } from './libraries.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let folder: string;
let protocol: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eigenstudent-missing-'));
  protocol = join(folder, 'protocol.yaml');
  writeFileSync(protocol, formatProtocol(smallProtocol()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Call {
  readonly status: number | null;
  readonly stderr: string;
  readonly answer: {
    readonly error?: { readonly code: string; readonly message: string };
    readonly devices?: readonly {
      readonly name: string;
      readonly available: boolean;
      readonly detail: string;
    }[];
    readonly findings?: readonly { readonly name: string; readonly detail: string; readonly fix?: string }[];
    readonly cuda?: { readonly problem?: { readonly missing: string } };
    readonly engines?: readonly string[];
    readonly layerwise?: readonly { readonly width: number; readonly reason: string }[];
  };
}

function call(environment: Record<string, string>, ...argv: string[]): Call {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv, '--json'], {
    encoding: 'utf8',
    env,
  });
  return { status, stderr, answer: JSON.parse(stdout) };
}

const train = (environment: Record<string, string>, ...options: string[]) =>
  call(environment, 'train', protocol, '--out', mkdtempSync(join(folder, 'run-')), '--no-report', ...options);

/** A library with the right symbol and the wrong contents. */
function foreignLibrary(abi: number, version: string, arithmetic = 0, fingerprint = 0): string {
  const source = join(folder, 'foreign.c');
  const library = join(folder, `foreign-${abi}.so`);
  writeFileSync(
    source,
    `struct table { unsigned abi; const char* version; unsigned arithmetic; unsigned long long fingerprint; };
     static const struct table table = { ${abi}, "${version}", ${arithmetic}, ${fingerprint} };
     const struct table* es_cuda_interface(void) { return &table; }`,
  );
  execFileSync(process.env.CC ?? 'cc', ['-shared', '-fPIC', source, '-o', library]);
  return library;
}

describe("device 'cuda' where it cannot be had", () => {
  it.each<[string, () => Record<string, string>, string, string | RegExp]>([
    [
      'no library',
      () => ({ EIGENSTUDENT_CUDA: '/nowhere/libeigenstudent-cuda.so' }),
      'library',
      'the CUDA library is not built: there is none at /nowhere/libeigenstudent-cuda.so (EIGENSTUDENT_CUDA is set)',
    ],
    [
      'a file that is no library',
      () => ({ EIGENSTUDENT_CUDA: protocol }),
      'library',
      /^the CUDA library does not load: .*protocol\.yaml: /,
    ],
    [
      'a library of somebody else',
      () => ({ EIGENSTUDENT_CUDA: foreignLibrary(999, '0') }),
      'library',
      /foreign-999\.so speaks version 999 of the interface, this addon version 4; build it again$/,
    ],
    [
      'a library of another release',
      () => ({ EIGENSTUDENT_CUDA: foreignLibrary(4, '0.0.0') }),
      'library',
      /foreign-4\.so is of version 0\.0\.0, this addon of version .+; build it again$/,
    ],
    [
      'a library that calculates otherwise',
      () => ({ EIGENSTUDENT_CUDA: foreignLibrary(4, addon().version, 4_000_000) }),
      'library',
      /foreign-4\.so has arithmetic of revision 4000000, this addon of revision \d+; build it again$/,
    ],
    [
      'a library that describes students otherwise',
      () => ({ EIGENSTUDENT_CUDA: foreignLibrary(4, addon().version, addon().arithmetic, 1) }),
      'library',
      /foreign-4\.so describes students otherwise than this addon, both of version .+; build it again$/,
    ],
    [
      'no device',
      () => ({ EIGENSTUDENT_CUDA: emulatedLibrary, EIGENSTUDENT_EMULATED_DEVICES: '0' }),
      'device',
      'EIGENSTUDENT_EMULATED_DEVICES is 0',
    ],
  ])('%s', (_, environment, missing, reason) => {
    const { status, answer } = train(environment(), '--device', 'cuda');
    expect(status).toBe(1);
    expect(answer.error?.code).toBe('cuda_unavailable');
    const { message } = answer.error as { message: string };
    const [, said] =
      /^device 'cuda' was asked for, but (.+?)(?:\. Fix it with: .+)?\. Use device 'cpu', or /s.exec(
        message,
      ) as unknown as [string, string];
    if (typeof reason === 'string') expect(said).toBe(reason);
    else expect(said).toMatch(reason);

    const doctor = call(environment(), 'doctor');
    expect(doctor.status).toBe(0); // nothing that is needed is missing
    expect(doctor.answer.devices?.at(-1)).toEqual({ name: 'cuda', available: false, detail: said });
    expect(doctor.answer.cuda?.problem?.missing).toBe(missing);
    const finding = doctor.answer.findings?.find(({ name }) => name === 'cuda');
    expect(finding?.detail).toContain(`missing: ${missing}; ${said}`);
    expect(finding?.fix).toBe(missing === 'library' ? 'npm run build:cuda' : undefined);
  });

  it("'auto' takes the CPU, also beside an emulated device, and says so", () => {
    const { status, answer } = train({ EIGENSTUDENT_CUDA: emulatedLibrary }, '--device', 'auto');
    expect(status).toBe(0);
    expect(answer.engines).toEqual([expect.stringMatching(/^cpu-/)]);
  });
});

describe("device 'cuda' where it can", () => {
  const environment = () => ({ EIGENSTUDENT_CUDA: emulatedLibrary });

  it('is listed by doctor', () => {
    const { answer } = call(environment(), 'doctor');
    expect(answer.devices?.at(-1)).toEqual({
      name: 'cuda',
      available: true,
      detail:
        'emulated on the CPU, for tests: 0 emulated, compute capability 9.0, 1.0 of 1.0 GiB free; ' +
        '1 emulated, compute capability 9.0, 1.0 of 1.0 GiB free',
    });
  });

  it('refuses an index that is not there with exit code 2', () => {
    const { status, answer } = train(environment(), '--device', 'cuda', '--devices', '0,2');
    expect(status).toBe(2);
    expect(answer.error).toEqual({
      code: 'invalid_argument',
      message:
        'expected the index of a GPU of this machine, which has 0 (emulated), 1 (emulated) for devices[1], received 2',
    });
  });

  it('a population that does not fit is refused with the bytes needed and the bytes free', () => {
    const { status, answer } = train(
      { ...environment(), EIGENSTUDENT_EMULATED_MEMORY: '4096' },
      '--device',
      'cuda',
    );
    expect(status).toBe(1);
    expect(answer.error?.code).toBe('out_of_memory');
    expect(answer.error?.message).toMatch(/need(?:s|ed) \d+ bytes.*, \d+ (?:of \d+ )?are free$/);
  });

  it('a student that is too large for the fused kernels trains, and the command says so', () => {
    const small = { ...environment(), EIGENSTUDENT_EMULATED_SHARED: '1024' };
    const { status, stderr, answer } = train(small, '--device', 'cuda');
    expect(status).toBe(0);
    const reason = /^a step needs at least \d+ bytes of shared memory in .+, a block of emulated has 1024$/;
    expect(answer.layerwise).toHaveLength(8);
    for (const trial of answer.layerwise ?? []) expect(trial.reason).toMatch(reason);
    expect(stderr).toMatch(
      /^\d+ trials? trained with layer-wise kernels, which take longer, because the student is too large for the fused ones \(width \d+: a step needs at least .+ has 1024\)$/m,
    );
    const enough = train(environment(), '--device', 'cuda');
    expect(enough.answer.layerwise).toEqual([]);
    expect(enough.stderr).not.toContain('layer-wise');
  });

  it('a device that fails ends the command with the file where it did', () => {
    const { status, answer } = train(
      { ...environment(), EIGENSTUDENT_EMULATED_FAILS_AFTER: '0' },
      '--device',
      'cuda',
    );
    expect(status).toBe(1);
    expect(answer.error?.code).toBe('cuda_failed');
    expect(answer.error?.message).toMatch(/^native\/cuda\/device\/emulated\/device_emulated\.cpp: /);
  });
});
