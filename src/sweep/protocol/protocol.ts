/** Protocols as text: YAML in, checked and with every default written out; YAML out. */
import { isMap, isScalar, LineCounter, parseDocument, stringify } from 'yaml';
import type { z } from 'zod';
import { EigenstudentError } from '../../errors.js';
import { type Protocol, protocolSchema } from './protocol-schema.js';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;
type Document = ReturnType<typeof parseDocument>;
/** Line of a field in the text, counted from 1. */
type LineOf = (path: Path, key?: string) => number | undefined;

/**
 * A protocol from YAML.
 * @param source what messages call the text; usually the path of the file
 * @throws invalid_protocol: for a syntax error its line and column, else every field that is wrong, by line and path,
 *   with what was expected and what came
 */
export function parseProtocol(text: string, source: string): Protocol {
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
  return check(toValue(document, source), source, (path, key) => lineOf(document, lines, path, key));
}

/** A protocol from a plain object, checked in the same way. */
export function checkProtocol(value: unknown, source: string): Protocol {
  return check(value, source, () => undefined);
}

/** The protocol as YAML; parseProtocol reads it back as it was. */
export function formatProtocol(protocol: Protocol): string {
  return stringify(protocol, { lineWidth: 110 });
}

/** @throws invalid_protocol for an alias without an anchor, or so many that the text would explode */
function toValue(document: Document, source: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EigenstudentError('invalid_protocol', `expected YAML in ${source}, received: ${reason}`, {
      cause,
    });
  }
}

function check(value: unknown, source: string, line: LineOf): Protocol {
  const result = protocolSchema.safeParse(value);
  if (result.success) return result.data;
  const messages = result.error.issues.flatMap(narrow).map((issue) => {
    const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const number = line(issue.path, key);
    const field = formatPath(issue.path);
    return `${number === undefined ? '' : `line ${number}: `}${field && `${field}: `}${issue.message}`;
  });
  const list = messages.length === 1 ? ` ${messages[0]}` : `\n  ${messages.join('\n  ')}`;
  throw new EigenstudentError('invalid_protocol', `invalid protocol ${source}:${list}`);
}

/** Of a value that may be one thing or another, the issues of the one that it tried to be: "width[1]", not "width". */
function narrow(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const inside = issue.errors.find((branch) =>
    branch.every((each) => each.path.length > 0 || isAboutContents(each)),
  );
  return inside === undefined
    ? [issue]
    : inside.map((each) => ({ ...each, path: [...issue.path, ...each.path] })).flatMap(narrow);
}

/** Whether the kind of value was right and only what is in it is wrong. */
function isAboutContents(issue: Issue): boolean {
  return ['too_small', 'too_big', 'unrecognized_keys', 'custom'].includes(issue.code);
}

/** "student.width[1]" */
export function formatPath(path: Path): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

/** Of the deepest part of the path that the text has: a missing field is reported where its object begins. */
function lineOf(document: Document, lines: LineCounter, path: Path, key?: string): number | undefined {
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
