/** The table `trials` that queries read: one row per record, one column per field and per scalar of record.json. */

import { z } from 'zod';
import { formOf, type ProtocolDocument } from '../../protocol/experiment-form.js';
import { placeOf } from '../../protocol/place.js';
import { expand } from '../../protocol/trials.js';
import { recordJsonSchema, trialErrorJsonSchema } from '../record.js';
import { readProtocol } from '../run-directory.js';
import { type Database, literal } from './duckdb.js';
import { definite, merge, type Structure, structureOf } from './structure.js';

/** Types of JSON Schema, and of the columns of the table. Integers are signed, so that differences work. */
const columnTypes: Readonly<Record<string, string>> = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  string: 'VARCHAR',
  boolean: 'BOOLEAN',
};

/** Creates `trials` from the table `records`, which it drops. Returns the names of its columns. */
export async function createTrials({ connection }: Database, directory: string): Promise<string[]> {
  const document = await readProtocol(directory);
  const { properties = {} } = recordJsonSchema();
  const { properties: errorProperties = {} } = trialErrorJsonSchema();
  const { properties: scalarProperties = {} } = scalarsJsonSchema(document);
  const protocol = await protocolStructure(connection, document);
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, typeOfField(name, schema)]),
  );
  const error = schemaStructure({ properties: errorProperties });
  const scalars = schemaStructure({ properties: scalarProperties });
  const place = placeStructure(document, Object.keys(scalarProperties));
  const [first, beside] = [['schema', 'key', 'experiment'], ['protocol']];
  const others = Object.keys(fields).filter((name) => ![...first, ...beside].includes(name));
  const columns = [
    ...first.map((name) => [`record.${name}`, name]),
    ...Object.keys(place).map((name) => [`record.place."${name}"`, `"${name}"`]),
    ...Object.keys(scalarProperties).map((name) => [`record.scalars."${name}"`, `"${name}"`]),
    ...others.map((name) => [`record.${name}`, name]),
    ...Object.keys(errorProperties).map((name) => [`record.error.${name}`, errorColumn(name)]),
    // Last: it is wide.
    ['record.protocol', 'protocol'],
  ];
  const structure = JSON.stringify({
    ...fields,
    ...(Object.keys(place).length > 0 && { place }),
    scalars,
    error,
    protocol,
  });
  await connection.run(
    `CREATE TABLE trials AS SELECT ${columns.map((pair) => pair.join(' AS ')).join(', ')}
     FROM (SELECT from_json(text, ${literal(structure)}) AS record FROM records)
     ORDER BY record.key`,
  );
  await connection.run('DROP TABLE records');
  return columns.map(([, name]) => (name as string).replaceAll('"', ''));
}

/** The values of a place that are not also scalars. */
function placeStructure(
  protocol: ProtocolDocument,
  scalars: readonly string[],
): Readonly<Record<string, Structure>> {
  const [trial] = expand(protocol);
  const place = Object.entries(trial ? placeOf(trial.protocol) : {});
  const own = place.filter(([name]) => !scalars.includes(name));
  return Object.fromEntries(
    own.map(([name, value]) => [name, typeof value === 'number' ? 'DOUBLE' : 'VARCHAR']),
  );
}

function scalarsJsonSchema(protocol: ProtocolDocument): JsonSchema {
  return z.toJSONSchema(formOf(protocol).scalars, { unrepresentable: 'any' }) as JsonSchema;
}

/** "errorCode" */
function errorColumn(name: string): string {
  return `error${name[0]?.toUpperCase()}${name.slice(1)}`;
}

function typeOfField(name: string, schema: object): Structure {
  return name === 'finishedAt' ? 'TIMESTAMP' : schemaStructure(schema);
}

function schemaStructure(schema: object): Structure {
  const { type, const: constant, properties, anyOf } = schema as JsonSchema;
  const [only] = [type ?? []].flat().filter((name) => name !== 'null');
  if (properties) {
    return Object.fromEntries(
      Object.entries(properties).map(([name, each]) => [name, schemaStructure(each)]),
    );
  }
  const alternative = anyOf?.find((each) => (each as JsonSchema).type !== 'null');
  if (alternative) return schemaStructure(alternative);
  if (Number.isInteger(constant)) return 'BIGINT';
  return columnTypes[only ?? ''] ?? 'JSON';
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, object>>;
  readonly anyOf?: readonly object[];
}

/**
 * Type of the protocols of all records together: a field that only some have is null in the others, and one that is a
 * number here and a schedule there is JSON as text. Before there is a record, the type of the protocols of the planned
 * trials.
 */
async function protocolStructure(
  connection: Database['connection'],
  protocol: ProtocolDocument,
): Promise<Structure> {
  const found = await connection.runAndReadAll('SELECT DISTINCT structure FROM records');
  const structures = found.getRows().map(([text]): Structure => JSON.parse(String(text)));
  const all =
    structures.length > 0 ? structures : expand(protocol).map((trial) => structureOf(trial.protocol));
  return definite(all.reduce(merge));
}
