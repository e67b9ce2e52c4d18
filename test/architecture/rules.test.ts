import { describe, expect, it } from 'vitest';
import {
  floorBreaches,
  idleTestBreaches,
  includeBreaches,
  lengthBreaches,
  maximumLines,
  nameBreaches,
  realmBreaches,
} from './rules.js';

/** Each rule on made-up files: it must be able to fail, and must not fail on what is allowed. */
describe('floorBreaches', () => {
  const breaches = (path: string, text: string) => floorBreaches({ path, text });

  it.each([
    ['src/network/network.ts', "import { addon } from '../native/load.js';"],
    [
      'src/network/network.ts',
      "import { spectral } from './layers.js';\nimport { invalid } from '../arguments.js';",
    ],
    ['src/cli/main.ts', "import { run } from '../sweep/run.js';\nimport { z } from 'zod';"],
    ['src/arguments.ts', "import { EigenstudentError } from './errors.js';"],
    ['src/cli/main.ts', "import manifest from '../../package.json' with { type: 'json' };"],
    ['src/network/network.ts', "// import { train } from '../training/train.js';"],
    ['src/network/network.ts', "/* e.g. import { train } from '../training/train.js'; */"],
    [
      'src/index.ts',
      "export { train } from './training/train.js';\nexport type * from './native/addon.js';\n",
    ],
    [
      'src/index.ts',
      "// names\nexport { a, type B } from './cli/main.js';\nexport * as k from './network/k.js';",
    ],
  ])('lets %s do %j', (path, text) => {
    expect(breaches(path, text)).toEqual([]);
  });

  it.each([
    [
      'src/network/network.ts',
      "import { train } from '../training/train.js';",
      'src/network/network.ts imports src/training/train.js: network may not know training',
    ],
    [
      'src/pruning/curve.ts',
      "import type {\n  Report,\n} from '../training/train.js';",
      'src/pruning/curve.ts imports src/training/train.js: pruning may not know training',
    ],
    [
      'src/analysis/summary.ts',
      "const a = await import('../native/load.js');",
      'src/analysis/summary.ts imports src/native/load.js: analysis may not know native',
    ],
    [
      'src/data/gaussian.ts',
      'export * from "../teacher/teacher.js";',
      'src/data/gaussian.ts imports src/teacher/teacher.js: data may not know teacher',
    ],
    [
      'src/errors.ts',
      "import './arguments.js';",
      'src/errors.ts imports src/arguments.js: errors.ts may not know arguments.ts',
    ],
    [
      'src/native/load.ts',
      "const b = require('../../build/x.node');",
      'src/native/load.ts imports build/x.node, outside src/',
    ],
    [
      'src/cli/main.ts',
      "import { train } from '../index.js';",
      'src/cli/main.ts imports src/index.js: cli may not know index.ts',
    ],
    [
      'src/cli/main.ts',
      "import { train } from 'eigenstudent';",
      'src/cli/main.ts imports the package itself ("eigenstudent")',
    ],
    [
      'src/plots/plot.ts',
      '',
      'src/plots/plot.ts: "plots" is on no floor; give it one in test/architecture/rules.ts',
    ],
    [
      'src/network/network.ts',
      "import '../plots/plot.js';",
      'src/network/network.ts imports src/plots/plot.js: network may not know plots',
    ],
    [
      'src/index.ts',
      "export { a } from './cli/main.js';\nconst b = 1;",
      'src/index.ts does more than re-export',
    ],
    ['src/index.ts', "import './cli/main.js';", 'src/index.ts does more than re-export'],
  ])('stops %s from %j', (path, text, breach) => {
    expect(breaches(path, text)).toEqual([breach]);
  });

  it('is not blinded by what looks like a comment in a string', () => {
    const text = "const glob = 'src/**/*.ts', url = 'https://x';\nimport '../cli/main.js'; /* end */";
    expect(breaches('src/sweep/run.ts', text)).toEqual([
      'src/sweep/run.ts imports src/cli/main.js: sweep may not know cli',
    ]);
  });
});

describe('includeBreaches', () => {
  const breaches = (path: string, text: string) => includeBreaches({ path, text });

  it.each([
    ['native/core/dataset.h', '#include <vector>\n#include "core/errors.h"\n#include "errors.h"'],
    [
      'native/cpu/isa/avx2.cpp',
      '#include <immintrin.h>\n#include "cpu/kernels.h"\n#include "core/backend.h"',
    ],
    ['native/cuda/device/gpu/train.cu', '#include <cuda_runtime.h>\n#include "core/philox.h"'],
    ['native/cuda/boundary/x.cpp', '#include "cuda/population/refusal.h"\n#include "cuda/boundary/blobs.h"'],
    [
      'native/addon/addon.cpp',
      '#include <napi.h>\n#include "cpu/cpu_backend.h"\n#include "reference/backend.h"',
    ],
    ['native/core/backend.h', '// #include <napi.h>'],
    ['test/native/philox.cpp', '#include <cstdio>\n#include "reference/reference_backend.h"'],
  ])('lets %s do %j', (path, text) => {
    expect(breaches(path, text)).toEqual([]);
  });

  it.each([
    [
      'native/core/backend.h',
      '#include "cpu/cpu_backend.h"',
      'native/core/backend.h includes cpu/cpu_backend.h: core may not know cpu',
    ],
    [
      'native/cpu/cpu_backend.cpp',
      '  #  include "reference/layer.h"',
      'native/cpu/cpu_backend.cpp includes reference/layer.h: cpu may not know reference',
    ],
    [
      'native/cuda/resident/x.h',
      '#include "cuda/layerwise/layerwise_tile.h"',
      'native/cuda/resident/x.h includes cuda/layerwise/layerwise_tile.h: cuda/resident may not know cuda/layerwise',
    ],
    [
      'native/cuda/device/x.h',
      '#include "cuda/device/gpu/x.h"',
      'native/cuda/device/x.h includes cuda/device/gpu/x.h: cuda/device may not know cuda/device/gpu',
    ],
    [
      'native/cuda/run.cu',
      '#include "cpu/pool.h"',
      'native/cuda/run.cu includes cpu/pool.h: cuda may not know cpu',
    ],
    [
      'native/reference/layer.h',
      '#include "addon/addon.h"',
      'native/reference/layer.h includes addon/addon.h: reference may not know addon',
    ],
    [
      'native/cpu/pool.cpp',
      '#include <napi.h>',
      'native/cpu/pool.cpp includes napi.h: only addon knows Node',
    ],
    [
      'native/core/x.h',
      '#include "node_api.h"',
      'native/core/x.h includes node_api.h: only addon knows Node',
    ],
    ['test/native/x.cpp', '#include <napi.h>', 'test/native/x.cpp includes napi.h: only addon knows Node'],
    [
      'test/native/x.cpp',
      '#include "addon/addon.h"',
      'test/native/x.cpp includes addon/addon.h: test may not know addon',
    ],
    [
      'native/addon/cuda.cpp',
      '#include "cuda/device/device.h"\n#include "cuda/boundary/client.h"',
      'native/addon/cuda.cpp includes cuda/device/device.h: addon knows cuda by cuda/boundary/abi.h, cuda/boundary/client.h, cuda/boundary/loader.h only',
    ],
    [
      'native/addon/cuda.cpp',
      '#include <cuda/std/array>',
      'native/addon/cuda.cpp includes cuda/std/array: only cuda knows CUDA',
    ],
    [
      'native/addon/cuda.cpp',
      '#include <cuda_runtime_api.h>',
      'native/addon/cuda.cpp includes cuda_runtime_api.h: only cuda knows CUDA',
    ],
    [
      'native/core/spectral_math.h',
      '#include <cublas_v2.h>',
      'native/core/spectral_math.h includes cublas_v2.h: only cuda knows CUDA',
    ],
    [
      'native/core/x.cpp',
      '#include <chrono>',
      'native/core/x.cpp includes chrono: core knows no clock and no file',
    ],
    [
      'native/core/x.cpp',
      '#include <immintrin.h>',
      'native/core/x.cpp includes immintrin.h: core knows only the C++ standard library',
    ],
    [
      'native/cpu/x.cpp',
      '#include "../reference/layer.h"',
      'native/cpu/x.cpp includes ../reference/layer.h: write the path from native/',
    ],
    [
      'native/metal/x.cpp',
      '',
      'native/metal/x.cpp: "metal" is on no floor; give it one in test/architecture/rules.ts',
    ],
  ])('stops %s from %j', (path, text, breach) => {
    expect(breaches(path, text)).toEqual([breach]);
  });
});

describe('the other rules', () => {
  it('stop names that say nothing, and only those', () => {
    expect(nameBreaches({ path: 'src/network/utils.ts', text: '' })).toEqual([
      'src/network/utils.ts: "utils" does not say what is in it',
    ]);
    for (const path of ['native/common/x.h', 'test/Helpers.test.ts', 'src/misc.d.ts', 'bench/helper/a.ts']) {
      expect(nameBreaches({ path, text: '' })).toHaveLength(1);
    }
    expect(nameBreaches({ path: 'src/analysis/common-modes.ts', text: '' })).toEqual([]);
  });

  it('stop files over the limit, to the line', () => {
    const path = 'src/network/network.ts';
    expect(lengthBreaches({ path, text: 'x\n'.repeat(maximumLines) })).toEqual([]);
    expect(lengthBreaches({ path, text: `${'x\n'.repeat(maximumLines)}x` })).toEqual([
      `${path}: ${maximumLines + 1} lines, at most ${maximumLines}; split it`,
    ]);
  });

  it('stop tests that do not run and do not say why', () => {
    const breaches = (text: string) => idleTestBreaches({ path: 'a.test.ts', text });
    expect(breaches("\nit.only('x', run);")).toEqual([
      'a.test.ts:2: .only silences every other test of the file',
    ]);
    expect(breaches("describe.concurrent.only('x', run);")).toHaveLength(1);
    expect(breaches("it.skip('x', run);")).toEqual(['a.test.ts:1: skipped without "// skipped: <why>"']);
    expect(breaches("test.skipIf(!cuda)('x', run);")).toHaveLength(1);
    expect(breaches("it.todo('x');")).toHaveLength(1);
    expect(breaches('it(name, (context) => context.skip());')).toEqual([
      'a.test.ts:1: skip() without a reason',
    ]);
  });

  it('let tests be skipped for a reason that is written down', () => {
    const breaches = (text: string) => idleTestBreaches({ path: 'a.test.ts', text });
    expect(breaches("// skipped: no GPU here\nit.skip('x', run);")).toEqual([]);
    expect(breaches("it.skipIf(!cuda)('x', run); // skipped: no GPU here")).toEqual([]);
    expect(breaches("it(name, (context) => context.skip('no GPU here'));")).toEqual([]);
    expect(breaches("it('is about it.only and it.skip', run); // it.only")).toEqual([]);
  });
});

describe('realmBreaches', () => {
  const breaches = (text: string) => realmBreaches({ path: 'a.ts', text });

  it.each(['Float32Array', 'Error', 'TypeError', 'AbortSignal', 'Map', 'ArrayBuffer'])(
    'refuse %s',
    (name) => {
      expect(breaches(`1;\nif (value instanceof ${name}) run();`)).toEqual([
        `a.ts:2: instanceof ${name} knows this realm only; see src/kinds.ts`,
      ]);
    },
  );

  it.each(['EigenstudentError', 'Dataset', 'DeviceArray', 'CommanderError', 'z.ZodArray'])(
    'let %s be',
    (name) => {
      expect(breaches(`if (value instanceof ${name}) run(); // instanceof Error`)).toEqual([]);
    },
  );
});
