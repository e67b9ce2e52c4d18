/**
 * `eigenstudent/exchange`: networks from files of other packages and back, and dense layers as spectral ones.
 * A separate entry, so that the readers of formats are loaded only where they are used.
 * @module eigenstudent/exchange
 */

export type { OutputMap } from './assemble.js';
export type { DescribedLayer, NetworkDescription } from './description.js';
export { exportSafetensors } from './export-safetensors.js';
export { type LoadedNetwork, type LoadOptions, loadNetwork } from './load-network.js';
export type { OnnxSignature, OnnxTensorSignature } from './onnx/signature.js';
export { exportOnnx, type OnnxExportOptions } from './onnx/write-onnx.js';
export { type ToSpectralOptions, toSpectral } from './to-spectral.js';
