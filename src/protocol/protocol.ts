/** Protocols as text: parses YAML, checked and with every default written out, and formats it. */
import { stringify } from 'yaml';
import { checkGrid } from './check-grid.js';
import type { ProtocolDocument } from './experiment-form.js';
import { invalidProtocol, type LineOf, readYaml } from './protocol-issues.js';

export { formatPath } from './protocol-issues.js';

/**
 * A protocol from YAML.
 * @param source name of the text in messages; usually the path of the file
 * @throws invalid_protocol: for a syntax error its line and column, otherwise every invalid field, by line and path,
 *   with the expected and the received value
 */
export function parseProtocol(text: string, source: string): ProtocolDocument {
  const { value, lineOf } = readYaml(text, source);
  return check(value, source, lineOf);
}

/** A protocol from a plain object, checked in the same way. */
export function checkProtocol(value: unknown, source: string): ProtocolDocument {
  return check(value, source, () => undefined);
}

/** The protocol as YAML; parseProtocol reads it back as it was. */
export function formatProtocol(protocol: ProtocolDocument): string {
  return stringify(protocol, { lineWidth: 110 });
}

function check(value: unknown, source: string, lineOf: LineOf): ProtocolDocument {
  const result = checkGrid(value);
  if (result.protocol) return result.protocol;
  throw invalidProtocol(result.issues, source, lineOf);
}
