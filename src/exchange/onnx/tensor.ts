/** Numbers of ONNX tensors. */
import { EigenstudentError } from '../../errors.js';
import { bfloatToNumber, halfToNumber } from '../../files/half-floats.js';
import type { FloatArray } from '../../native/addon.js';
import { checkFiniteTensor } from '../finite-tensor.js';
import { elementTypeName, elementTypes, externalLocation, type OnnxTensor } from './schema.js';

export interface Constant {
  readonly shape: readonly number[];
  /** Row-major; integers and booleans come as doubles. */
  readonly data: FloatArray;
  /** The stored type: TensorProto.DataType. */
  readonly elementType: number;
}

/**
 * @param where names the tensor in errors, as in 'tensor "fc1.weight" of model.onnx'
 * @throws file_unsupported for numbers in another file and for types that no layer uses; file_corrupt where
 *   there are more or fewer than the shape requires; invalid_network for an array with NaN or infinities
 */
export function constantOf(tensor: OnnxTensor, where: string): Constant {
  if (tensor.dataLocation === externalLocation) {
    throw new EigenstudentError(
      'file_unsupported',
      `expected the numbers of ${where} in the file itself, they are in another one (external data). Save the model in one ` +
        'file: onnx.save(onnx.load(path), path, save_as_external_data=False)',
    );
  }
  const shape = tensor.dims;
  const count = shape.reduce((product, size) => product * size, 1);
  const data = numbersOf(tensor, where);
  if (data.length === count) {
    if (shape.length > 0) checkFiniteTensor(where, shape, data); // a scalar may be a bound that is infinite
    return { shape, data, elementType: tensor.dataType };
  }
  throw new EigenstudentError(
    'file_corrupt',
    `expected ${count} numbers of shape [${shape.join(', ')}] in ${where}, received ${data.length}`,
  );
}

const bytesPerNumber: Readonly<Record<number, number>> = {
  [elementTypes.float]: 4,
  [elementTypes.double]: 8,
  [elementTypes.float16]: 2,
  [elementTypes.bfloat16]: 2,
  [elementTypes.int32]: 4,
  [elementTypes.bool]: 1,
  [elementTypes.int64]: 8,
};

function numbersOf(tensor: OnnxTensor, where: string): FloatArray {
  const { dataType, rawData, floatData = [], doubleData = [], int32Data = [], int64Data = [] } = tensor;
  const raw = rawData && rawData.length > 0 ? aligned(rawData) : undefined;
  const width = bytesPerNumber[dataType];
  if (raw && width && raw.byteLength % width !== 0)
    throw new EigenstudentError(
      'file_corrupt',
      `expected ${width} bytes per number in ${where}, received ${raw.byteLength} bytes`,
    );
  switch (dataType) {
    case elementTypes.float:
      return raw ? new Float32Array(raw) : Float32Array.from(floatData);
    case elementTypes.double:
      return raw ? new Float64Array(raw) : Float64Array.from(doubleData);
    case elementTypes.float16:
    case elementTypes.bfloat16: {
      const toNumber = dataType === elementTypes.float16 ? halfToNumber : bfloatToNumber;
      const halves = raw ? new Uint16Array(raw) : Uint16Array.from(int32Data);
      return Float32Array.from(halves, toNumber);
    }
    case elementTypes.int32:
      return Float64Array.from(raw ? new Int32Array(raw) : int32Data);
    case elementTypes.bool:
      return Float64Array.from(raw ? new Uint8Array(raw) : int32Data);
    case elementTypes.int64:
      return raw ? Float64Array.from(new BigInt64Array(raw), Number) : Float64Array.from(int64Data);
    default:
      throw new EigenstudentError(
        'file_unsupported',
        `expected 16-, 32- or 64-bit floats in ${where}, received ${elementTypeName(dataType)}. Quantised models cannot be ` +
          'read; export the model in float32',
      );
  }
}

/** A copy, because bytes in the middle of a file need not be aligned. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** A tensor of sizes in the form that is written. */
export function sizesTensor(name: string, sizes: readonly number[]): OnnxTensor {
  const numbers = BigInt64Array.from(sizes, BigInt);
  return {
    name,
    dims: [sizes.length],
    dataType: elementTypes.int64,
    rawData: new Uint8Array(numbers.buffer),
  };
}

/** A float32 tensor in the form that is written. */
export function floatTensor(name: string, dims: readonly number[], data: ArrayLike<number>): OnnxTensor {
  const numbers = Float32Array.from(data);
  return { name, dims, dataType: elementTypes.float, rawData: new Uint8Array(numbers.buffer) };
}
