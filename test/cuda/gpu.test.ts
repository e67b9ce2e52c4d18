/** The same contract on a real GPU. Nothing here may fall back: where there is none, every test counts as skipped. */
import { describe, expect, it } from 'vitest';
import { deviceArrayContract } from './device-array-contract.js';
import { whyNoGpu } from './libraries.js';
import { populationContract } from './population-contract.js';

const reason = whyNoGpu();
if (reason === undefined) {
  populationContract('a GPU');
  deviceArrayContract('a GPU');
} else {
  // skipped: no GPU can be used here; the name of the group says why
  describe.skip(`a GPU (skipped: ${reason})`, () => {
    populationContract('a GPU');
    deviceArrayContract('a GPU');
  });
}

it('where EIGENSTUDENT_REQUIRE_GPU is set, there is one', () => {
  if (process.env.EIGENSTUDENT_REQUIRE_GPU) expect(reason).toBeUndefined();
  else expect(reason === undefined || reason.length > 0).toBe(true);
});
