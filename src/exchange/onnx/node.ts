/**
 * Nodes of an ONNX graph: their names in errors, their attributes, and the numbers of inputs and outputs that
 * an operator allows.
 */
import { EigenstudentError } from '../../errors.js';
import { attributeTypes, type OnnxAttribute, type OnnxNode } from './schema.js';

export type AttributeKind = keyof typeof attributeTypes;

/** How many inputs and outputs an operator has, and its attributes; a node with others is refused. */
export interface OperatorForm {
  readonly inputs: readonly [least: number, most: number];
  /** Default 1. */
  readonly outputs?: number;
  readonly attributes?: Readonly<Record<string, AttributeKind>>;
  /** The opset that introduced it, if after 7. */
  readonly since?: number;
  /** Its earlier form, before an opset. */
  readonly before?: { readonly opset: number; readonly form: OperatorForm };
}

/** 'Gemm (node "/fc1/Gemm")', for errors. */
export function nameOf({ opType, name, output }: OnnxNode): string {
  return `${opType} (${name ? `node ${JSON.stringify(name)}` : `the node that gives ${JSON.stringify(output[0])}`})`;
}

/** @throws file_unsupported for attributes that the operator lacks or has of another type, and for other counts of operands */
export function checkForm(node: OnnxNode, form: OperatorForm, opset: number, path: string): void {
  if (form.before && opset < form.before.opset) {
    checkForm(node, form.before.form, opset, path);
    return;
  }
  const { inputs, outputs = 1, attributes = {}, since = 0 } = form;
  const wrong = (expected: string, received: string) => {
    return unsupportedNode(path, node, expected, received);
  };
  if (opset < since) throw wrong(`opset ${since} or newer`, `opset ${opset}, which lacks that operator`);
  const [least, most] = inputs;
  if (node.input.length < least || node.input.length > most)
    throw wrong(`${least === most ? least : `${least} to ${most}`} inputs`, `${node.input.length}`);
  if (!node.output[0] || node.output.length > outputs)
    throw wrong(outputs === 1 ? 'one output' : `1 to ${outputs} outputs`, `${node.output.length}`);
  for (const [i, { name, type }] of node.attribute.entries()) {
    const kind = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (kind === undefined) {
      const known = Object.keys(attributes);
      throw wrong(
        known.length === 0 ? 'no attributes' : `no attributes but ${known.join(', ')}`,
        `attribute ${name}`,
      );
    }
    if (type && type !== attributeTypes[kind])
      throw wrong(`attribute ${name} of type ${kind}`, `one of ONNX attribute type ${type}`);
    if (node.attribute.findIndex((one) => one.name === name) !== i)
      throw wrong(`attribute ${name} once`, 'it twice');
  }
}

export function attribute(node: OnnxNode, name: string): OnnxAttribute | undefined {
  return node.attribute.find((one) => one.name === name);
}

/** A number; writers may leave out an attribute of value 0. @param byDefault where there is no such attribute */
export function floatAttribute(node: OnnxNode, name: string, byDefault: number): number {
  const found = attribute(node, name);
  return found ? (found.f ?? 0) : byDefault;
}

export function integerAttribute(node: OnnxNode, name: string, byDefault: number): number {
  const found = attribute(node, name);
  return found ? (found.i ?? 0) : byDefault;
}

export function unsupportedNode(
  path: string,
  node: OnnxNode,
  expected: string,
  received: string,
): EigenstudentError {
  return new EigenstudentError(
    'file_unsupported',
    `expected ${expected} for ${nameOf(node)} of ${path}, received ${received}`,
  );
}
