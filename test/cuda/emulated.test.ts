/** Device 'cuda' from top to bottom on an emulated device: the same library but for the GPU under it. */
import { expect, it } from 'vitest';
import { Population } from '../../src/population/population.js';
import { failureOf, rejectionOf } from '../failure.js';
import { smallStudent } from '../network/small-students.js';
import { deviceArrayContract } from './device-array-contract.js';
import { useEmulatedLibrary } from './libraries.js';
import { populationContract } from './population-contract.js';

useEmulatedLibrary();
populationContract('an emulated device');
deviceArrayContract('an emulated device');

it('a device that fails spoils its population, which can be disposed of, and nothing else', async () => {
  process.env.EIGENSTUDENT_EMULATED_FAILS_AFTER = '0';
  const population = Population.create([smallStudent()], { device: 'cuda' });
  delete process.env.EIGENSTUDENT_EMULATED_FAILS_AFTER;
  const failure = await rejectionOf(population.run(6));
  expect(failure).toMatch(/^cuda_failed: native\/cuda\/device\/emulated\/device_emulated\.cpp: /);
  const again = `${failure}; this population cannot go on: dispose of it`;
  expect(await rejectionOf(population.run(6))).toBe(again);
  expect(failureOf(() => population.at(0).network())).toBe(again);
  population.dispose();
  const another = Population.create([smallStudent()], { device: 'cuda' });
  await another.run(2);
  expect(another.at(0).progress().epoch).toBe(2);
  another.dispose();
});
