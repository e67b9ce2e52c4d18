// Values that no caller should hand over.
import vm from 'node:vm';

/** What a trap throws; it must come through as it is. */
export class Trapped extends Error {}

const otherRealm = vm.createContext({});

/** Each makes a fresh value, because a call may keep or change it. */
export const hostile = [
  () => undefined,
  () => null,
  () => true,
  () => '',
  () => '0',
  () => 'relu',
  () => 'x'.repeat(1000),
  () => '\ud800\u0000\u202e',
  () => Symbol('s'),
  () => 1n,
  () => 2n ** 64n,
  () => Number.NaN,
  () => Infinity,
  () => -Infinity,
  () => -0,
  () => 0,
  () => -1,
  () => 1,
  () => 2,
  () => 0.5,
  () => 1e308,
  () => 5e-324,
  () => 2 ** 31,
  () => 2 ** 32 - 1,
  () => 2 ** 32,
  () => 2 ** 53,
  () => 2 ** 53 - 1,
  () => -(2 ** 53),
  () => [],
  () => [0],
  () => [[]],
  () => [undefined],
  () => new Array(3),
  () => new Array(2 ** 32 - 1),
  () => Object.assign([], { length: 1e6 }),
  () => ({}),
  () => Object.create(null),
  () => ({ length: 3 }),
  () => ({ length: -1 }),
  () => ({ valueOf: () => 1 }),
  () => ({
    [Symbol.toPrimitive]() {
      throw new Trapped('toPrimitive');
    },
  }),
  () => () => 1,
  () => class {},
  () => new Date(Number.NaN),
  () => /x/g,
  () => new Map([[1, 2]]),
  () => new Set(),
  () => new WeakMap(),
  () => Promise.resolve(1),
  () => new Error('an error'),
  () => vm.runInContext('({})', otherRealm),
  () => vm.runInContext('[1, 2]', otherRealm),
  () => vm.runInContext('new Error("of another realm")', otherRealm),
  () => new Float32Array(0),
  () => new Float32Array(1),
  () => new Float64Array(0),
  () => new Float64Array(1),
  () => new Float64Array(21),
  () => new Float64Array(60).fill(Number.NaN),
  () => new Uint32Array(0),
  () => new Uint32Array(7),
  () => new Uint32Array(7).fill(2 ** 32 - 1),
  () => new Int8Array(3),
  () => new Uint8ClampedArray(3),
  () => new BigInt64Array(7),
  () => Buffer.alloc(16),
  () => new ArrayBuffer(64),
  () => new SharedArrayBuffer(64),
  () => new ArrayBuffer(8, { maxByteLength: 2 ** 30 }),
  () => new DataView(new ArrayBuffer(64)),
  () => detached(new Float64Array(21)),
  () => detached(new Float32Array(60)),
  () => detached(new Uint32Array(7)),
  () => outOfBounds(Float64Array, 21),
  () => outOfBounds(Uint32Array, 7),
  () => Object.create(Float64Array.prototype),
  () => Object.create(Float32Array.prototype, { length: { value: 60 } }),
  () => new Proxy(new Float64Array(21), {}),
  () => new Proxy([], {}),
  () => trappingProxy({}),
  () => trappingProxy([]),
  () => revoked({}),
  () => revoked([]),
  () => globalThis,
];

/** An array whose buffer belongs to another thread now. */
export function detached(array) {
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

/** A view of fixed length whose buffer became too short for it. */
export function outOfBounds(kind, length) {
  const bytes = length * kind.BYTES_PER_ELEMENT;
  const buffer = new ArrayBuffer(bytes, { maxByteLength: bytes });
  const array = new kind(buffer, 0, length);
  buffer.resize(kind.BYTES_PER_ELEMENT);
  return array;
}

function trappingProxy(target) {
  const trap = () => {
    throw new Trapped('proxy');
  };
  const names = ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'set', 'defineProperty'];
  return new Proxy(target, Object.fromEntries(names.map((name) => [name, trap])));
}

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}
