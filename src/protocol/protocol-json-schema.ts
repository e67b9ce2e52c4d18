import { z } from 'zod';
import { formNames } from './file-data.js';
import { protocolSchema } from './protocol-schema.js';
import { spacingJsonSchemas } from './spacing.js';

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Record<string, JsonSchema>;
  readonly anyOf?: readonly JsonSchema[];
  readonly default?: unknown;
  readonly [keyword: string]: unknown;
}

const spacing = { $ref: '#/$defs/spacing' };

const forms = formNames.map((form) => ({ required: [form] }));

/** JSON Schema of a protocol in which every field has one value; what docs/protocol.md is made of. */
export function pointJsonSchema(): JsonSchema {
  return z.toJSONSchema(protocolSchema, { io: 'input' }) as JsonSchema;
}

/** JSON Schema of the YAML file, axes included, for editors that complete and check it. */
export function protocolJsonSchema(): object {
  const point = pointJsonSchema();
  return {
    ...point,
    properties: mapped(point.properties, (field, name) => {
      if (name === 'zip') return field;
      if (name === 'arms') return { ...field, properties: mapped(field.properties, fieldsAsAxes) };
      return isSection(field) ? fieldsAsAxes(field) : asAxis(field);
    }),
    // As a protocol of Gaussian data needs a teacher, and files may need none.
    anyOf: [{ required: ['teacher'] }, { required: ['data'], properties: { data: { anyOf: forms } } }],
    $defs: { spacing: { anyOf: spacingJsonSchemas() } },
  };
}

/** teacher, data, student and evaluation have axes within them and are none themselves. */
function isSection({ properties, anyOf = [] }: JsonSchema): boolean {
  return properties !== undefined || (anyOf.length > 0 && anyOf.every(isSection));
}

/** Every field of an object may be an axis, and so may those within it. */
function fieldsAsAxes(schema: JsonSchema): JsonSchema {
  return {
    ...schema,
    ...(schema.properties && { properties: mapped(schema.properties, asAxis) }),
    ...(schema.anyOf && { anyOf: schema.anyOf.map(fieldsAsAxes) }),
  };
}

function asAxis(schema: JsonSchema): JsonSchema {
  const { default: value, ...item } = schema;
  const kinds = [schema, ...(schema.anyOf ?? [])].map(({ type }) => type);
  const spaced = kinds.includes('integer') || kinds.includes('number');
  const list = { type: 'array', items: item, minItems: 1 };
  return {
    anyOf: [fieldsAsAxes(item), list, ...(spaced ? [spacing] : [])],
    ...(value !== undefined && { default: value }),
  };
}

function mapped(
  properties: Record<string, JsonSchema> = {},
  change: (schema: JsonSchema, name: string) => JsonSchema,
): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, change(schema, name)]));
}
