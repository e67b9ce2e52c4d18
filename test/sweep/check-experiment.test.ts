import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineExperiment } from '../../src/sweep/define-experiment.js';
import { fields, oneByOne, registerExperiment } from '../../src/sweep.js';

const schema = fields.strict({
  experiment: fields.experimentField('checked'),
  size: fields.positiveInteger,
  trials: fields.trialsField,
  seed: fields.nonNegativeInteger,
  zip: fields.zipField,
});

const sound = defineExperiment({
  name: 'checked',
  title: 'Registered by a test.',
  template: 'experiment: checked\nsize: 3\ntrials: 1\nseed: 1\n',
  schema,
  scalars: z.object({ value: z.number() }),
  place: ({ size }) => ({ size }),
  placeColumns: [{ name: 'size', heading: 'size' }],
  placeAxes: ['size'],
  stepsOf: () => 1,
  bytesOf: () => 1,
  open: () =>
    oneByOne(async ({ size }: { schema: number; seed: number; trial: number; size: number }) => ({
      scalars: { value: size },
    })),
});

const live = {
  title: 'Checked',
  arms: [],
  history: { epoch: 'history.epoch', value: 'history.value' },
  curves: [],
  values: [],
};
const chart = { name: 'value', title: '', note: '', axis: '', quantities: [{ name: 'value', label: '' }] };

/** With another field in its schema. */
const withField = (name: string, field: z.ZodType) => fields.strict({ ...schema.shape, [name]: field });

describe('registerExperiment', () => {
  it('accepts an experiment whose names are distinct from reserved ones', () => {
    registerExperiment(sound)();
  });

  it.each<[string, object, string]>([
    [
      'a scalar that is a field of records',
      { scalars: z.object({ seconds: z.number() }) },
      'scalar than seconds',
    ],
    [
      'a scalar that is a column of errors',
      { scalars: z.object({ errorcode: z.string() }) },
      'than errorcode',
    ],
    [
      'scalars that differ in capitals',
      { scalars: z.object({ a: z.number(), A: z.number() }) },
      'capitals alone',
    ],
    [
      'a place called as counts are',
      { placeColumns: [{ name: 'epochs', heading: '' }] },
      'place than epochs',
    ],
    ['a field called as the index is', { schema: withField('trial', z.int()) }, 'schema than trial'],
    [
      'a schema without a seed',
      { schema: fields.strict({ experiment: fields.experimentField('checked') }) },
      'trials, seed, zip',
    ],
    [
      'a schema of another name',
      { schema: withField('experiment', fields.experimentField('other')) },
      'the name checked',
    ],
    [
      'a field of an arm called name',
      {
        schema: withField('arms', fields.strict({ a: fields.strict({ name: z.string() }).exactOptional() })),
      },
      'field of the arm a',
    ],
    ['axes of no field', { placeAxes: ['sise'] }, 'placeAxes, received sise'],
    ['no function that opens it', { open: undefined }, 'a function open'],
    [
      'a chart that has an id of the page',
      { live: { ...live, curves: [{ ...chart, name: 'tally' }] } },
      'page than tally',
    ],
    [
      'a chart of no history',
      { live: { ...live, curves: [{ ...chart, quantities: [{ name: 'b', label: '' }] }] } },
      'history of b',
    ],
    [
      'a quantity in two charts',
      { live: { ...live, curves: [chart, { ...chart, name: 'again' }] } },
      'received value twice',
    ],
    [
      "an arm that is no id: o'brien",
      { live: { ...live, arms: [{ name: "o'brien", color: 'direct' }] } },
      'letters, digits',
    ],
  ])('refuses %s', (_, change, text) => {
    const register = () => registerExperiment({ ...sound, ...change } as typeof sound);
    expect(register).toThrow(/^experiment checked: expected /);
    expect(register).toThrow(text);
  });
});
