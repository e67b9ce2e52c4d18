/** Issues of a protocol, field by field, with the lines of its text. */
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { EigenstudentError, reasonOf } from '../errors.js';

export type Path = readonly PropertyKey[];

export interface ProtocolIssue {
  readonly path: Path;
  readonly message: string;
  /** The unknown key of the object at `path`. */
  readonly key?: string;
}

type ZodIssue = z.core.$ZodIssue;
type Document = ReturnType<typeof parseDocument>;
/** Line of a field in the text, counted from 1. */
export type LineOf = (issue: ProtocolIssue) => number | undefined;

/** @param path of the value that was checked */
export function issuesOf(error: z.ZodError, path: Path): ProtocolIssue[] {
  return error.issues.flatMap(narrow).map((issue) => ({
    path: [...path, ...issue.path],
    message: issue.message,
    ...(issue.code === 'unrecognized_keys' && { key: issue.keys[0] as string }),
  }));
}

/** For a union, the issues of the alternative that the value resembles most. */
function narrow(issue: ZodIssue): ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const inside = issue.errors.find((branch) =>
    branch.every((each) => each.path.length > 0 || isAboutContents(each)),
  );
  return inside === undefined
    ? [issue]
    : inside.map((each) => ({ ...each, path: [...issue.path, ...each.path] })).flatMap(narrow);
}

/** Whether the value has the right kind and only its contents are wrong. */
function isAboutContents(issue: ZodIssue): boolean {
  return ['too_small', 'too_big', 'unrecognized_keys', 'custom'].includes(issue.code);
}

/** "student.width[1]" */
export function formatPath(path: Path): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

/**
 * @param source name of the text in the message
 * @param what the text is
 */
export function invalidProtocol(
  issues: readonly ProtocolIssue[],
  source: string,
  lineOf: LineOf,
  what = 'protocol',
): EigenstudentError {
  const messages = issues.map((issue) => {
    const line = lineOf(issue);
    const field = formatPath(issue.path);
    return `${line === undefined ? '' : `line ${line}: `}${field && `${field}: `}${issue.message}`;
  });
  const list = messages.length === 1 ? ` ${messages[0]}` : `\n  ${messages.join('\n  ')}`;
  return new EigenstudentError('invalid_protocol', `invalid ${what} ${source}:${list}`);
}

/**
 * Parses YAML to plain values, and locates them.
 * @throws invalid_protocol for a syntax error with its line and column, an alias without an anchor, or so many
 *   aliases that the expansion would be excessive
 */
export function readYaml(text: string, source: string): { value: unknown; lineOf: LineOf } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [syntax] = document.errors;
  if (syntax) {
    const { line, col } = lines.linePos(syntax.pos[0]);
    throw new EigenstudentError(
      'invalid_protocol',
      `expected YAML in ${source}, received a syntax error in line ${line}, column ${col}: ${syntax.message}`,
    );
  }
  try {
    return { value: document.toJS(), lineOf: (issue) => lineIn(document, lines, issue) };
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new EigenstudentError('invalid_protocol', `expected YAML in ${source}, received: ${reason}`, {
      cause,
    });
  }
}

/** Line of the deepest part of the path that the text contains: a missing field is reported where its object begins. */
function lineIn(document: Document, lines: LineCounter, { path, key }: ProtocolIssue): number | undefined {
  for (let length = path.length; length >= 0; --length) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    const item = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && pair.key.value === key)
      : undefined;
    const start = isScalar(item?.key) ? item.key.range?.[0] : node.range?.[0];
    return start === undefined ? undefined : lines.linePos(start).line;
  }
  return undefined;
}

function isNode(value: unknown): value is { range?: readonly [number, number, number] | null } {
  return typeof value === 'object' && value !== null && 'range' in value;
}
