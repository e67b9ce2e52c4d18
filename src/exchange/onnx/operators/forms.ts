/** The inputs and attributes that each ONNX operator may have, by opset. */
import { foldingForms } from '../folding.js';
import type { AttributeKind, OperatorForm } from '../node.js';

const unary: OperatorForm = { inputs: [1, 1] };
const binary: OperatorForm = { inputs: [2, 2] };
/** Of any number of inputs; the limit is arbitrary. */
const several: OperatorForm = { inputs: [1, 10_000] };
const withAlpha: OperatorForm = { inputs: [1, 1], attributes: { alpha: 'float' } };
const withAxis: OperatorForm = { inputs: [1, 1], attributes: { axis: 'int' } };
const gemm = { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' } as const;

/** Of an operator with a kernel. */
const windowed: Readonly<Record<string, AttributeKind>> = {
  auto_pad: 'string',
  kernel_shape: 'ints',
  pads: 'ints',
  strides: 'ints',
};
const convolution = { ...windowed, dilations: 'ints', group: 'int' } as const;
const batchNormalization = { epsilon: 'float', momentum: 'float' } as const;

/** Before an opset the operator has another form. */
function since(opset: number, form: OperatorForm, before: OperatorForm): OperatorForm {
  return { ...form, before: { opset, form: before } };
}

/** The second output of MaxPool, and what else BatchNormalization gives in training, are refused as outputs. */
export const forms = {
  Gemm: since(11, { inputs: [2, 3], attributes: gemm }, { inputs: [3, 3], attributes: gemm }),
  MatMul: binary,
  Conv: { inputs: [2, 3], attributes: convolution },
  ConvTranspose: {
    inputs: [2, 3],
    attributes: { ...convolution, output_padding: 'ints', output_shape: 'ints' },
  },
  BatchNormalization: since(
    14,
    { inputs: [5, 5], attributes: { ...batchNormalization, training_mode: 'int' } },
    since(
      9,
      { inputs: [5, 5], attributes: batchNormalization },
      { inputs: [5, 5], attributes: { ...batchNormalization, spatial: 'int' } },
    ),
  ),
  MaxPool: since(
    10,
    {
      inputs: [1, 1],
      attributes: { ...windowed, storage_order: 'int', ceil_mode: 'int', dilations: 'ints' },
    },
    since(
      8,
      { inputs: [1, 1], attributes: { ...windowed, storage_order: 'int' } },
      { inputs: [1, 1], attributes: windowed },
    ),
  ),
  AveragePool: since(
    19,
    {
      inputs: [1, 1],
      attributes: { ...windowed, count_include_pad: 'int', ceil_mode: 'int', dilations: 'ints' },
    },
    since(
      10,
      { inputs: [1, 1], attributes: { ...windowed, count_include_pad: 'int', ceil_mode: 'int' } },
      { inputs: [1, 1], attributes: { ...windowed, count_include_pad: 'int' } },
    ),
  ),
  GlobalAveragePool: unary,
  GlobalMaxPool: unary,
  ReduceMean: since(
    18,
    { inputs: [1, 2], attributes: { keepdims: 'int', noop_with_empty_axes: 'int' } },
    { inputs: [1, 1], attributes: { axes: 'ints', keepdims: 'int' } },
  ),
  Pad: since(
    18,
    { inputs: [2, 4], attributes: { mode: 'string' } },
    since(
      11,
      { inputs: [2, 3], attributes: { mode: 'string' } },
      { inputs: [1, 1], attributes: { mode: 'string', pads: 'ints', value: 'float' } },
    ),
  ),
  Add: binary,
  Sum: several,
  Sub: binary,
  Mul: binary,
  Div: binary,
  Concat: { ...several, attributes: { axis: 'int' } },
  Relu: unary,
  Tanh: unary,
  Sigmoid: unary,
  Softplus: unary,
  Erf: { ...unary, since: 9 },
  Elu: withAlpha,
  LeakyRelu: withAlpha,
  Gelu: { inputs: [1, 1], attributes: { approximate: 'string' }, since: 20 },
  Clip: since(11, { inputs: [1, 3] }, { inputs: [1, 1], attributes: { min: 'float', max: 'float' } }),
  Softmax: withAxis,
  LogSoftmax: withAxis,
  Identity: unary,
  Dropout: since(
    12,
    { inputs: [1, 3], outputs: 2, attributes: { seed: 'int' } },
    { inputs: [1, 1], outputs: 2, attributes: { ratio: 'float' } },
  ),
  Cast: foldingForms.Cast as OperatorForm,
  Flatten: withAxis,
  Reshape: foldingForms.Reshape as OperatorForm,
  Transpose: foldingForms.Transpose as OperatorForm,
  Squeeze: foldingForms.Squeeze as OperatorForm,
  Unsqueeze: foldingForms.Unsqueeze as OperatorForm,
} as const satisfies Readonly<Record<string, OperatorForm>>;
