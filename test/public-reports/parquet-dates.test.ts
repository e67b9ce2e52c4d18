/** Dates as labels were sorted by the names of weekdays, and had other names in other time zones. */
import { afterEach, expect, it } from 'vitest';
import { readParquet } from '../../src/data/parquet.js';

const before = process.env.TZ;
afterEach(() => {
  if (before === undefined) delete process.env.TZ;
  else process.env.TZ = before;
});

it.each([
  ['UTC', 0],
  ['America/New_York', 300],
  ['Pacific/Kiritimati', -840],
])('dates are classes in ISO 8601 and in order, with TZ=%s', async (zone, offset) => {
  process.env.TZ = zone;
  expect(new Date(2020, 0, 2).getTimezoneOffset()).toBe(offset); // the zone is in force
  const file = 'test/fixtures/public-reports/parquet-dates/p-datelabel.parquet';
  const { classNames, data } = await readParquet(file, { label: 'label' });
  expect(classNames).toEqual(['2020-01-02', '2020-01-03']);
  expect([...(data.classes ?? [])]).toEqual([0, 0, 1, 1]);
  const times = await readParquet('test/fixtures/parquet/times.parquet', { label: 'zoned', inputs: ['a'] });
  expect(times.classNames?.[1]).toBe('2020-01-03T15:00:00Z');
});
