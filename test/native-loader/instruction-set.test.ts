/** EIGENSTUDENT_ISA. The projects of vitest.config.ts that set it rely on it. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { Population } from '../../src/index.js';
import { addon, addonOrigin } from '../../src/native/load.js';
import { smallStudent } from '../network/small-students.js';

const { isa, isaAvailable } = addon().capabilities();

it('runs on the requested instruction set, and on the best one without a request', () => {
  expect(isa).toBe(process.env.EIGENSTUDENT_ISA || isaAvailable.at(-1));
  expect(Population.create([smallStudent()], { device: 'cpu' }).engine).toBe(`cpu-${isa}`);
});

it.each([
  ['each that the machine can run', isaAvailable],
  ['one that nobody has', ['avx3']],
])('is asked for %s', (_, names) => {
  const code = `
    const native = require(${JSON.stringify(addonOrigin())});
    try { console.log(native.capabilities().isa); } catch (error) { console.log(error.message); }`;
  for (const name of names) {
    const env = { ...process.env, EIGENSTUDENT_ISA: name };
    const { stdout } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', env });
    expect(stdout.trim()).toMatch(
      isaAvailable.includes(name) ? RegExp(`^${name}$`) : /expected one of (plain|neon)/,
    );
  }
});
