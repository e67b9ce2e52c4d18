/** Decodes the bytes of an ONNX file to a graph, and checks the versions of its operators. */
import { EigenstudentError, reasonOf } from '../../errors.js';
import { describeForeign } from '../../files/file-kind.js';
import { modelMessage, type OnnxGraph, type OnnxModel } from './schema.js';

/**
 * Versions of the operators that the tests compare with onnxruntime. Before 7, Add and Gemm had other rules
 * of broadcasting.
 */
export const opsets = { oldest: 7, newest: 26 } as const;

export interface DecodedModel {
  /** Names of operators of other domains than ONNX's own begin with the domain, as in "com.microsoft.Gelu". */
  readonly graph: OnnxGraph;
  /** Version of the operators of ONNX's own domain. */
  readonly opset: number;
}

/** @throws file_corrupt; file_unsupported for an unsupported version of the operators */
export function decodeModel(bytes: Uint8Array, path: string): DecodedModel {
  let model: OnnxModel;
  try {
    model = modelMessage.toObject(modelMessage.decode(bytes), { longs: Number, arrays: true }) as OnnxModel;
  } catch (cause) {
    throw unreadable(path, bytes, reasonOf(cause), cause);
  }
  const { graph } = model;
  if (graph === undefined || graph.node.length === 0)
    throw unreadable(path, bytes, 'there is no graph in it');
  return { graph: withDomains(graph, model), opset: opsetOf(model, path) };
}

/** The error names what the file is, where it has another format. */
function unreadable(path: string, bytes: Uint8Array, reason: string, cause?: unknown): EigenstudentError {
  const foreign = describeForeign(bytes);
  const message = `${path} is not a readable ONNX file: ${foreign === undefined ? reason : `it ${foreign}`}`;
  return new EigenstudentError('file_corrupt', message, { cause });
}

export function corrupt(path: string, reason: string): EigenstudentError {
  return new EigenstudentError('file_corrupt', `${path} is not a readable ONNX file: ${reason}`);
}

/** "ai.onnx" is another name of ONNX's own domain, which is empty. */
function domainOf({ domain = '' }: { readonly domain?: string }): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** A function in the file has precedence over the operator of that name. */
function withDomains(graph: OnnxGraph, { functions = [] }: OnnxModel): OnnxGraph {
  const node = graph.node.map((one) => {
    const domain = domainOf(one);
    const isFunction = functions.some(
      ({ name, ...rest }) => name === one.opType && domainOf(rest) === domain,
    );
    if (domain === '' && !isFunction) return one;
    const opType = `${domain === '' ? 'ai.onnx' : domain}.${one.opType}`;
    return { ...one, opType: isFunction ? `${opType}, a function of the file,` : opType };
  });
  return { ...graph, node };
}

function opsetOf({ opsetImport = [] }: OnnxModel, path: string): number {
  const versions = opsetImport.filter((one) => domainOf(one) === '').map(({ version = 0 }) => version);
  const [opset] = versions;
  if (opset === undefined)
    throw corrupt(path, 'it does not say which version of the operators it uses (opset_import)');
  const other = versions.find((version) => version !== opset);
  if (other !== undefined)
    throw corrupt(
      path,
      `it says that it uses versions ${opset} and ${other} of the operators (opset_import)`,
    );
  if (opset >= opsets.oldest && opset <= opsets.newest) return opset;
  throw new EigenstudentError(
    'file_unsupported',
    `expected a version of the operators from ${opsets.oldest} to ${opsets.newest} in ${path}, received opset ${opset}. Export ` +
      'the model with opset_version=13, or convert it with onnx.version_converter.convert_version(model, 13)',
  );
}
