// The same numbers in every kind of memory that JavaScript has. What takes one of them must take them all.
import { types } from 'node:util';
import vm from 'node:vm';

const otherRealm = vm.createContext({});
const ofOtherRealm = (name) => vm.runInContext(name, otherRealm);

/** Name -> how an array is put there; each makes an array of the same kind with the same values. */
export const places = {
  plain: (array) => array.slice(),
  'another realm': (array) => new (ofOtherRealm(kindOf(array)))([...array]),
  'another realm, shared': (array) => {
    const shared = new (ofOtherRealm('SharedArrayBuffer'))(array.byteLength);
    return filled(new (ofOtherRealm(kindOf(array)))(shared), array);
  },
  shared: (array) => filled(new (classOf(array))(new SharedArrayBuffer(array.byteLength)), array),
  'growable shared': (array) =>
    filled(new (classOf(array))(new SharedArrayBuffer(array.byteLength, { maxByteLength: 4096 })), array),
  resizable: (array) =>
    filled(
      new (classOf(array))(new ArrayBuffer(array.byteLength, { maxByteLength: 4096 }), 0, array.length),
      array,
    ),
  'tracking the length of a resizable buffer': (array) =>
    filled(new (classOf(array))(new ArrayBuffer(array.byteLength, { maxByteLength: 4096 })), array),
  'at an odd offset': (array) => {
    const size = array.BYTES_PER_ELEMENT;
    return filled(
      new (classOf(array))(new ArrayBuffer(array.byteLength + 5 * size), 3 * size, array.length),
      array,
    );
  },
  'a subclass': (array) => filled(new (class Mine extends classOf(array) {})(array.length), array),
  'without a prototype': (array) => Object.setPrototypeOf(array.slice(), null),
  'a structured clone': (array) => structuredClone(array),
  'transferred here': (array) => {
    const copy = array.slice();
    return structuredClone(copy, { transfer: [copy.buffer] });
  },
  'memory of WebAssembly': (array) =>
    filled(new (classOf(array))(new WebAssembly.Memory({ initial: 1 }).buffer, 8, array.length), array),
  'named otherwise': (array) =>
    Object.defineProperty(array.slice(), 'constructor', { value: { name: 'Float16Array' } }),
  'with a length of its own': (array) => Object.defineProperty(array.slice(), 'length', { value: array.length }),
};

/** Arrays with a prototype that is gone answer to few methods: only native code may be handed one. */
export const placesForJavaScript = Object.fromEntries(
  Object.entries(places).filter(([name]) => name !== 'without a prototype'),
);

const classes = { Float32Array, Float64Array, Uint32Array };

function classOf(array) {
  return classes[kindOf(array)];
}

/** "Float32Array", of whichever realm. */
export function kindOf(value) {
  if (types.isFloat32Array(value)) return 'Float32Array';
  if (types.isFloat64Array(value)) return 'Float64Array';
  return types.isUint32Array(value) ? 'Uint32Array' : undefined;
}

function filled(to, from) {
  to.set(from);
  return to;
}

/** Whether native code may read it: the kind, the length, and the memory still there. */
export function isArrayOf(value, kind, length) {
  if (kindOf(value) !== kind) return false;
  const { length: found } = view(value);
  return found === length && !isDetached(value);
}

/** Length and buffer as the engine knows them, whatever was put over them. */
export function view(array) {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype);
  const get = (name) => Object.getOwnPropertyDescriptor(prototype, name).get.call(array);
  return { length: get('length'), buffer: get('buffer') };
}

export function isDetached(array) {
  try {
    new Uint8Array(view(array).buffer);
    return false;
  } catch {
    return true;
  }
}
