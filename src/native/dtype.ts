/** Precision of parameters and arithmetic. */
export type DType = 'float32' | 'float64';
/** Numbers in either precision. */
export type FloatArray = Float32Array | Float64Array;
