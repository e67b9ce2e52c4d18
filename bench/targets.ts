/** What the measured numbers are held against, as data: which number of which trial, and the bound. */
import type { Row } from './row.js';

/** A number of a row. Peers' ratios are the peer's time over ours, or the reverse. */
export type Quantity =
  | { readonly kind: 'microseconds' }
  | { readonly kind: 'fractionOfPeak' }
  | { readonly kind: 'peerOverOurs'; readonly peer: string }
  | { readonly kind: 'oursOverPeer'; readonly peer: string }
  | { readonly kind: 'detail'; readonly detail: string };

export interface Target {
  readonly what: string;
  /** Name of the trial that measures it. */
  readonly trial: string;
  readonly quantity: Quantity;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
}

export type Verdict = 'met' | 'short' | 'not measured';

const microseconds: Quantity = { kind: 'microseconds' };
const faster = (peer: string): Quantity => ({ kind: 'peerOverOurs', peer });
const relative = (peer: string): Quantity => ({ kind: 'oursOverPeer', peer });
const detail = (name: string): Quantity => ({ kind: 'detail', detail: name });

const [widest, overDense] = [8192, [100, 200, 500, 1000, 1500, 2000, 4096]];

export const targets: readonly Target[] = [
  ...[200, 500, 1000, 1500].map((width) => ({
    what: `spectral step, h = ${width}, over OpenBLAS's rate on 2048 x 2048 matrices`,
    trial: `step/paper/spectral/h${width}`,
    quantity: faster('openblas'),
    bound: { atLeast: 1 },
  })),
  ...[
    [20, 35],
    [200, 10],
    [1000, 7],
  ].map(([width, ratio]) => ({
    what: `spectral step, h = ${width}, PyTorch over ours`,
    trial: `step/paper/spectral/h${width}`,
    quantity: faster('torch'),
    bound: { atLeast: ratio as number },
  })),
  {
    what: 'spectral step over dense, h = 20',
    trial: 'step/paper/spectral/h20',
    quantity: relative('dense'),
    bound: { atMost: 1.1 },
  },
  ...[...overDense, widest].flatMap((width) => [
    {
      what: `spectral step over dense, h = ${width}`,
      trial: `step/paper/spectral/h${width}`,
      quantity: relative('dense'),
      bound: { atMost: 1.03 },
    },
    {
      what: `the same with lambda_in trainable, h = ${width}`,
      trial: `step/paper/spectral-in/h${width}`,
      quantity: relative('dense'),
      bound: { atMost: 1.05 },
    },
  ]),
  {
    what: 'wide student, of the rate of OpenBLAS',
    trial: 'step/wide/784-4096-4096-10/threads-1',
    quantity: faster('openblas'),
    bound: { atLeast: 1 },
  },
  ...['8xh200', '64xh20'].map((population) => ({
    what: `two threads over one, population ${population}`,
    trial: `population/${population}/threads-2`,
    quantity: faster('threads-1'),
    bound: { atLeast: 1.97 },
  })),
  {
    what: 'two threads over one, wide student',
    trial: 'step/wide/784-4096-4096-10/threads-2',
    quantity: faster('threads-1'),
    bound: { atLeast: 1.85 },
  },
  ...[
    ['lenet-1x28x28', 3],
    ['resnet20-3x32x32', 1.3],
    ['resnet20-1x28x28', 1.3],
  ].map(([network, ratio]) => ({
    what: `${network}, batch 128, PyTorch over ours`,
    trial: `convolution/${network}/threads-1`,
    quantity: faster('torch'),
    bound: { atLeast: ratio as number },
  })),
  {
    what: 'population of 8 students of 8x8 images on two threads, PyTorch one after the other over ours',
    trial: 'convolution/8xdigits-1x8x8/threads-2',
    quantity: faster('torch'),
    bound: { atLeast: 5 },
  },
  ...[
    ['8xdigits-1x8x8', 1.95],
    ['resnet20-3x32x32', 1.8],
  ].map(([network, ratio]) => ({
    what: `two threads over one, ${network}`,
    trial: `convolution/${network}/threads-2`,
    quantity: faster('threads-1'),
    bound: { atLeast: ratio as number },
  })),
  ...['lenet-1x28x28', 'resnet20-3x32x32', 'resnet20-1x28x28'].map((network) => ({
    what: `spectral convolutions over plain ones, ${network}`,
    trial: `convolution/${network}/threads-1`,
    // The rival's time over ours: of the spectral student.
    quantity: faster('spectral'),
    bound: { atMost: 1.03 },
  })),
  {
    what: 'population of 64 students of width 20 over 64 separate calls',
    trial: 'population/64xh20/threads-1',
    quantity: relative('separate'),
    bound: { atMost: 1 },
  },
  {
    what: 'allocations a step in that population',
    trial: 'overhead/loop/64xh20',
    quantity: detail('allocationsPerStep'),
    bound: { atMost: 0 },
  },
  {
    what: 'pruning curve, h = 1000, in plain forward passes',
    trial: 'curve/paper/h1000',
    quantity: relative('forward'),
    bound: { atMost: 5 },
  },
  {
    what: 'native call that does nothing, microseconds',
    trial: 'overhead/call',
    quantity: microseconds,
    bound: { atMost: 1 },
  },
  ...['1xh20', '1xh200', '64xh20'].map((population) => ({
    what: `train() over the same steps in C++, ${population}`,
    trial: `overhead/loop/${population}`,
    quantity: relative('c++'),
    bound: { atMost: 1.02 },
  })),
  ...[['paper/64xh20', 1.1] as const, ['paper/1xh1000', 1.1] as const, ['wide/1xh4096', 1.25] as const].map(
    ([population, atMost]) => ({
      what: `bytes over parameters + moments + activations, ${population}`,
      trial: `memory/held/${population}`,
      quantity: detail('populationOverNeeded'),
      bound: { atMost },
    }),
  ),
  {
    what: 'growth of RSS from epoch 100 to 10 000, bytes',
    trial: 'memory/flat/paper/1xh20',
    quantity: detail('growthBytes'),
    // half a per cent of the process: pages that Node's own heap takes and gives back
    bound: { atMost: 2 ** 19 },
  },
  {
    what: 'import of the package, microseconds',
    trial: 'startup/import',
    quantity: microseconds,
    bound: { atMost: 30_000 },
  },
  {
    what: 'eigenstudent --help, microseconds',
    trial: 'startup/help',
    quantity: microseconds,
    bound: { atMost: 70_000 },
  },
];

/** undefined where the row lacks it: a peer that is not here, or no compiler for the peak. */
export function measured(row: Row, quantity: Quantity): number | undefined {
  switch (quantity.kind) {
    case 'microseconds':
      return row.microseconds;
    case 'fractionOfPeak':
      return row.fractionOfPeak;
    case 'peerOverOurs':
      return row.peers[quantity.peer]?.ratio;
    case 'oursOverPeer': {
      const ratio = row.peers[quantity.peer]?.ratio;
      return ratio === undefined ? undefined : 1 / ratio;
    }
    case 'detail':
      return row.details?.[quantity.detail];
  }
}

export function verdict(value: number | undefined, bound: Target['bound']): Verdict {
  if (value === undefined || Number.isNaN(value)) return 'not measured';
  const met = 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
  return met ? 'met' : 'short';
}
