import { z } from 'zod';
import type { ExperimentForm } from './experiment-form.js';
import { spacingJsonSchemas } from './spacing.js';

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Record<string, JsonSchema>;
  readonly anyOf?: readonly JsonSchema[];
  readonly default?: unknown;
  readonly [keyword: string]: unknown;
}

const spacing = { $ref: '#/$defs/spacing' };

/** JSON Schema of a protocol in which every field has one value; docs/protocol.md is generated from it. */
export function pointJsonSchema({ schema }: Pick<ExperimentForm, 'schema'>): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
}

/** JSON Schema of the YAML file, axes included, for completion and validation in editors. */
export function protocolJsonSchema(form: ExperimentForm): object {
  const point = pointJsonSchema(form);
  return {
    ...point,
    properties: mapped(point.properties, (field, name) => {
      if (name === 'zip' || name === 'experiment') return field;
      if (name === 'arms') return { ...field, properties: mapped(field.properties, fieldsAsAxes) };
      return isSection(field) ? fieldsAsAxes(field) : asAxis(field);
    }),
    ...(form.jsonSchemaAlternatives && { anyOf: form.jsonSchemaAlternatives }),
    $defs: { spacing: { anyOf: spacingJsonSchemas() } },
  };
}

/** Objects at the top contain axes but cannot be axes themselves. */
function isSection({ properties, anyOf = [] }: JsonSchema): boolean {
  return properties !== undefined || (anyOf.length > 0 && anyOf.every(isSection));
}

/** Every field of an object may be an axis, and so may the fields within it. */
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
