// npm run docs:protocol: docs/protocol.md, every field of a protocol, from the schema that checks protocols.
// test/docs/protocol.test.ts fails when the page is another than the schema makes.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../docs/protocol.md', import.meta.url));

const introduction = `# The fields of a protocol
<!-- Made by \`npm run docs:protocol\` from src/experiments/teacher-student/protocol: change the descriptions there. -->

A protocol is the YAML file that describes an experiment. \`eigenstudent init\` writes one with comments, and
[run a sweep](how-to/run-a-sweep.md) shows how to use it. This page has every field with its type, limits, default
and meaning.

- **required**: the field must be written. **absent**: the field may be left out and then has no value; its meaning
  says what that does. Defaults are written into \`protocol.yaml\` of the run directory.
- Every field below \`teacher\`, \`data\`, \`student\`, \`augment\`, \`arms.spectral\`, \`arms.direct\` and \`evaluation\`, and every
  field of the protocol but \`zip\` and \`experiment\`, may also be a list of values. A field of numbers may also be a spacing:
  \`{ range: [from, to, step] }\`, \`{ linspace: [first, last, how many] }\`, \`{ logspace: [first, last, how many] }\` or
  \`{ count: how many, from: first }\`. All combinations are trained.
- An unknown field is an error that names its line.
`;

/** The page, from the JSON Schema of a protocol in which every field has one value. */
export function protocolPage(schema) {
  const fields = Object.entries(schema.properties);
  const [sections, single] = [true, false].map((wanted) =>
    fields.filter(([, field]) => isSection(field) === wanted),
  );
  const required = (name) => schema.required.includes(name);
  const written = new Map();
  const tables = [
    [
      '## The experiment',
      '',
      ...table(single.flatMap((field) => rows(field, '', required(field[0]), written))),
    ],
    ...sections.flatMap(([name, field]) => sectionTables(name, field, required(name), written)),
  ];
  return [introduction, ...tables.map((lines) => `${lines.join('\n')}\n`)].join('\n');
}

/** A heading and a table for a section, or for each of its forms; `arms` has one for each arm. */
function sectionTables(name, field, required, written) {
  const need = required ? 'Required.' : 'May be left out.';
  const words = `${sentence(field.description)} ${need}`;
  if (name === 'arms') {
    const arms = Object.entries(field.properties);
    return [[`## ${name}`, '', words], ...arms.map((arm, i) => armTable(arm, arms[0], i === 0, written))];
  }
  const forms = field.anyOf ?? [field];
  const heading = [`## ${name}`, '', words];
  if (forms.length === 1) return [[...heading, '', ...table(rowsWithin(name, field, written))]];
  const tables = forms.map((form) => [
    `### ${name}: ${lowerFirst(form.description)}`,
    '',
    ...table(rowsWithin(name, form, written)),
  ]);
  return [heading, ...tables];
}

/** The first arm in full, of another what differs. */
function armTable([name, arm], [firstName, first], isFirst, written) {
  const path = `arms.${name}`;
  const heading = [`### ${path}`, '', sentence(arm.description)];
  if (isFirst) return [...heading, '', ...table(rowsWithin(path, arm, written))];
  const ownRows = rowsWithin(path, arm, new Map());
  const others = rowsWithin(path, first, new Map());
  const differing = ownRows.filter((row) => !others.some((other) => String(other) === String(row)));
  return [...heading, '', `The fields of \`arms.${firstName}\`, but:`, '', ...table(differing)];
}

function table(body) {
  const head = ['| field | type | default | meaning |', '| --- | --- | --- | --- |'];
  return [...head, ...body.map((cells) => `| ${cells.join(' | ')} |`)];
}

function rowsWithin(path, { properties, required = [] }, written) {
  return Object.entries(properties).flatMap((field) =>
    rows(field, `${path}.`, required.includes(field[0]), written),
  );
}

/**
 * The rows of a field and of what is within it.
 * @param written paths of fields of several rows by their schema: one that has been written is not written again
 */
function rows([name, field], prefix, required, written) {
  if (field.not) return []; // a field that is refused
  const path = prefix + name;
  const { default: value, description, ...schema } = field;
  if (!description) throw new Error(`${path}: the schema has no description`);
  const inner = objectWithin(schema.items ?? schema);
  const fallback = required ? 'required' : defaultText(value);
  const row = [`\`${path}\``, typeText(schema), fallback, sentence(description)];
  if (!inner) return [row];
  const key = JSON.stringify(schema);
  const before = schema.anyOf ? written.get(key) : undefined;
  if (before) return [[...row.slice(0, 3), `As \`${before}\`.`]];
  written.set(key, path);
  return [row, ...rowsWithin(schema.items ? `${path}[]` : path, inner, written)];
}

function isSection({ properties, anyOf = [] }) {
  return properties !== undefined || (anyOf.length > 0 && anyOf.every(isSection));
}

function objectWithin({ properties, anyOf = [], ...rest }) {
  return properties ? { properties, ...rest } : anyOf.find((one) => one.properties);
}

function defaultText(value) {
  if (value === undefined) return 'absent';
  if (isEmpty(value)) return 'those below';
  return `\`${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}\``;
}

/** An object whose fields have defaults. */
function isEmpty(value) {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function typeText(schema) {
  const { type, anyOf, enum: names, items } = schema;
  if (anyOf) return anyOf.map(typeText).join(', or ');
  if (names) return names.map((one) => `\`${one}\``).join(', ');
  switch (type) {
    case 'object':
      return schema.properties ? 'fields below' : 'texts by name';
    case 'array':
      return `list of ${items.type === 'array' ? 'lists of texts' : listed(items)}`;
    case 'boolean':
      return '`true`, `false`';
    case 'null':
      return '`null`';
    case 'string':
      return 'text';
    default:
      return `${type}${limits(schema)}`;
  }
}

function listed(items) {
  if (items.properties) return 'objects with the fields below';
  if (items.enum) return typeText(items);
  return items.type === 'number' ? 'numbers' : 'texts';
}

function limits({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }) {
  const bounds = [
    minimum !== undefined && `≥ ${minimum}`,
    exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
    maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && `≤ ${maximum}`,
    exclusiveMaximum !== undefined && `< ${exclusiveMaximum}`,
  ].filter(Boolean);
  return bounds.length > 0 ? ` ${bounds.join(', ')}` : '';
}

function sentence(text) {
  return /[.:]$/.test(text) ? text : `${text}.`;
}

function lowerFirst(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { pointJsonSchema } = await import('../dist/protocol/protocol-json-schema.js');
  const { teacherStudent } = await import('../dist/experiments/teacher-student/experiment.js');
  writeFileSync(file, protocolPage(pointJsonSchema(teacherStudent)));
}
