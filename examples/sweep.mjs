// Trains what a run directory lacks, for every width and both parametrisations, and reads the records back. Interrupt it with
// Ctrl-C and call it again: it goes on.   node examples/sweep.mjs [directory] [epochs]
import { EigenstudentError } from 'eigenstudent';
import { preset, readArrays, readRecords, sweep } from 'eigenstudent/sweep';

const directory = process.argv[2] ?? 'runs/three-widths';
const epochs = Number(process.argv[3] ?? 200); // the paper: 2000
const protocol = preset('quick', { widths: [20, 60, 120], epochs, trials: 2 });

const controller = new AbortController();
process.once('SIGINT', () => controller.abort(new Error('Ctrl-C')));
try {
  const { summary, trained, reused } = await sweep(protocol, {
    directory,
    signal: controller.signal,
    onProgress: ({ trials, fraction }) =>
      console.log(`${Math.floor(100 * fraction)} %, ${trials.finished} of ${trials.total} trials`),
  });
  console.log(`${trained} trained now, ${reused} there before, on ${summary.engines.join(', ')}`);
  for (const { width, parametrization, effectiveSize, testLoss } of summary.groups)
    console.log(width, parametrization, `effective size ${effectiveSize.mean}`, `test loss ${testLoss.mean.toFixed(4)}`);
} catch (error) {
  if (!(error instanceof EigenstudentError) || error.code !== 'interrupted') throw error;
  console.log(error.message);
}

// A record holds the numbers of a trial, its arrays the network and the curves.
const [record] = (await readRecords(directory)).filter(({ error }) => error === undefined);
if (record) {
  const { network, pruningLosses } = await readArrays(directory, record);
  console.log(record.key, network.tensor('layers.0.eigenvaluesOut').length, 'nodes;', pruningLosses.length, 'losses');
}
