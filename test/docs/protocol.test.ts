import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { teacherStudent } from '../../src/experiments/teacher-student/experiment.js';
import { pointJsonSchema } from '../../src/protocol/protocol-json-schema.js';
import { repository } from './pages.js';

const script = join(repository, 'scripts/protocol-page.js');
const { protocolPage } = (await import(script)) as { protocolPage(schema: object): string };

it('docs/protocol.md is what `npm run docs:protocol` makes of the schema', () => {
  expect(readFileSync(join(repository, 'docs/protocol.md'), 'utf8')).toBe(
    protocolPage(pointJsonSchema(teacherStudent)),
  );
});

it('refuses a field without a description', () => {
  const schema = { properties: { epochs: { type: 'integer' } }, required: ['epochs'] };
  expect(() => protocolPage(schema)).toThrow('epochs: the schema has no description');
});
