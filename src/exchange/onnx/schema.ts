/**
 * The part of the ONNX file format (onnx.proto, field numbers as there) that feed-forward networks need; other
 * fields are skipped when a file is read. Descriptions of messages as protobufjs takes them.
 */
import protobuf from 'protobufjs/light.js';

const field = (type: string, id: number) => ({ type, id });
const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id });

const messages = {
  ModelProto: {
    irVersion: field('int64', 1),
    producerName: field('string', 2),
    producerVersion: field('string', 3),
    graph: field('GraphProto', 7),
    opsetImport: repeated('OperatorSetIdProto', 8),
    functions: repeated('FunctionProto', 25),
  },
  FunctionProto: { name: field('string', 1), domain: field('string', 10) },
  OperatorSetIdProto: { domain: field('string', 1), version: field('int64', 2) },
  GraphProto: {
    node: repeated('NodeProto', 1),
    name: field('string', 2),
    initializer: repeated('TensorProto', 5),
    input: repeated('ValueInfoProto', 11),
    output: repeated('ValueInfoProto', 12),
    valueInfo: repeated('ValueInfoProto', 13),
    sparseInitializer: repeated('SparseTensorProto', 15),
  },
  SparseTensorProto: { values: field('TensorProto', 1) },
  NodeProto: {
    input: repeated('string', 1),
    output: repeated('string', 2),
    name: field('string', 3),
    opType: field('string', 4),
    attribute: repeated('AttributeProto', 5),
    domain: field('string', 7),
  },
  AttributeProto: {
    name: field('string', 1),
    f: field('float', 2),
    i: field('int64', 3),
    s: field('bytes', 4),
    t: field('TensorProto', 5),
    floats: repeated('float', 7),
    ints: repeated('int64', 8),
    type: field('int32', 20),
  },
  TensorProto: {
    dims: repeated('int64', 1),
    dataType: field('int32', 2),
    floatData: repeated('float', 4),
    int32Data: repeated('int32', 5),
    int64Data: repeated('int64', 7),
    name: field('string', 8),
    rawData: field('bytes', 9),
    doubleData: repeated('double', 10),
    dataLocation: field('int32', 14),
  },
  ValueInfoProto: { name: field('string', 1), type: field('TypeProto', 2) },
  TypeProto: {
    tensorType: field('TensorTypeProto', 1),
    sequenceType: field('bytes', 4),
    mapType: field('bytes', 5),
  },
  TensorTypeProto: { elemType: field('int32', 1), shape: field('TensorShapeProto', 2) },
  TensorShapeProto: { dim: repeated('DimensionProto', 1) },
  DimensionProto: { dimValue: field('int64', 1), dimParam: field('string', 2) },
};

/** A oneof: exactly one of the fields is present, even if its value is 0. */
const alternatives: Readonly<Record<string, readonly string[]>> = {
  DimensionProto: ['dimValue', 'dimParam'],
};

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(
    Object.entries(messages).map(([name, fields]) => {
      const oneof = alternatives[name];
      return [name, { fields, oneofs: oneof && { value: { oneof: [...oneof] } } }];
    }),
  ),
});

/** The top-level message of a file. */
export const modelMessage = root.lookupType('ModelProto');

/** TensorProto.DataType */
export const elementTypes = {
  float: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
  bfloat16: 16,
} as const;
/** Their names in the documentation of ONNX, for errors; the index is the number. */
const elementTypeNames =
  ' float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64 complex128 bfloat16';
/** 'float16' of 10 */
export function elementTypeName(type: number): string {
  return elementTypeNames.split(' ')[type] || `ONNX data type ${type}`;
}
/** AttributeProto.AttributeType */
export const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;
/** TensorProto.DataLocation: the numbers are in another file. */
export const externalLocation = 1;

export interface OnnxModel {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly graph?: OnnxGraph;
  readonly opsetImport?: readonly { readonly domain?: string; readonly version?: number }[];
  readonly functions?: readonly { readonly domain?: string; readonly name?: string }[];
}

export interface OnnxGraph {
  readonly name?: string;
  readonly node: readonly OnnxNode[];
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValue[];
  readonly output: readonly OnnxValue[];
  readonly valueInfo?: readonly OnnxValue[];
  readonly sparseInitializer?: readonly { readonly values?: OnnxTensor }[];
}

export interface OnnxNode {
  readonly opType: string;
  readonly name?: string;
  readonly domain?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly OnnxAttribute[];
}

export interface OnnxAttribute {
  readonly name: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly t?: OnnxTensor;
  readonly floats?: readonly number[];
  readonly ints?: readonly number[];
}

export interface OnnxTensor {
  readonly name?: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly floatData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly int64Data?: readonly number[];
  readonly doubleData?: readonly number[];
  readonly rawData?: Uint8Array;
  readonly dataLocation?: number;
}

export interface OnnxValue {
  readonly name: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType?: number;
      readonly shape?: { readonly dim?: readonly OnnxDimension[] };
    };
    readonly sequenceType?: Uint8Array;
    readonly mapType?: Uint8Array;
  };
}

/** A size, a name of one, or neither: unknown. */
export interface OnnxDimension {
  readonly dimValue?: number;
  readonly dimParam?: string;
}
