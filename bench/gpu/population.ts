/**
 * `node population.js WIDTH PARAMETRIZATION STUDENTS SECONDS PEAK_TERAFLOPS [PROBLEM_FILE]`: a population of equal students
 * on the GPU. Checks two of them against the CPU, times all, prints one row. Nothing is timed that was not checked.
 */
import { Population } from 'eigenstudent';
import {
  operationsPerStep,
  type Parametrization,
  stepsPerEpoch,
  students,
  trainingData,
  writeProblem,
} from './problem.js';
import { checkedEpochs, median, type Row, spreadPercent } from './row.js';

/**
 * After one epoch (27 Adam steps) in float32 the tensors of two correct backends differ by rounding: 1e-7 between
 * instruction sets. A GPU fuses every multiply-add; a wrong term shows as 1e-2 or more.
 */
const tolerance = 1e-4;
/** A call must dwarf the way through the event loop and a launch (tens of microseconds). */
const secondsPerCall = 0.5;

async function main(): Promise<void> {
  const [width, parametrization, count, seconds, peak, problem] = process.argv.slice(2);
  const row = await measure(
    Number(width),
    parametrization as Parametrization,
    Number(count),
    Number(seconds),
    Number(peak),
    problem,
  );
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

async function measure(
  width: number,
  parametrization: Parametrization,
  count: number,
  seconds: number,
  peakTeraflops: number,
  problem: string | undefined,
): Promise<Row> {
  const data = await trainingData();
  const options = students(count, width, parametrization, data);
  // EIGENSTUDENT_BENCH_DEVICE=cpu tries the benchmark itself on a machine without a GPU
  const device = (process.env.EIGENSTUDENT_BENCH_DEVICE ?? 'cuda') as 'cuda' | 'cpu';
  const population = Population.create(options, { device });
  if (problem) await writeProblem(problem, population, data);
  const compared = [0, count - 1];
  const oracle = Population.create(
    compared.map((i) => options[i] as (typeof options)[0]),
    { device: 'cpu' },
  );
  await Promise.all([population.run(1), oracle.run(1)]);
  const difference = Math.max(
    ...compared.map((i, j) => differenceOf(population.at(i).network(), oracle.at(j).network())),
  );
  if (!(difference <= tolerance))
    throw new Error(
      `h = ${width}: differs from the CPU by ${difference} after an epoch, allowed ${tolerance}; not timed`,
    );
  oracle.dispose();
  await population.run(checkedEpochs);
  const losses = await population.evaluate(data);
  const meanTrainLoss = losses.reduce((total, { loss }) => total + loss, 0) / count;
  const times = await timed(population, seconds);
  population.dispose();
  const stepsPerSecond = 1 / median(times.secondsPerStep);
  const teraflops = (operationsPerStep(width) * stepsPerSecond) / 1e12;
  return {
    name: `population/${count}/${parametrization}/h${width}`,
    engine: population.engine,
    studentStepsPerSecond: stepsPerSecond,
    spreadPercent: spreadPercent(times.secondsPerStep),
    teraflops,
    fractionOfPeak: teraflops / peakTeraflops,
    hostMicrosecondsPer1000Steps: times.hostMicrosecondsPer1000Steps,
    meanTrainLoss,
    difference,
  };
}

/** Per student step: wall seconds, one sample a call, and processor time. */
async function timed(population: Population, seconds: number) {
  let epoch = checkedEpochs;
  const run = async (epochs: number) => {
    const start = performance.now();
    epoch += epochs;
    await population.run(epoch);
    return (performance.now() - start) / 1000 / (epochs * stepsPerEpoch * population.size);
  };
  const first = await run(2);
  const epochs = Math.max(1, Math.round(secondsPerCall / (first * stepsPerEpoch * population.size)));
  await run(epochs);
  const secondsPerStep: number[] = [];
  const before = { cpu: process.cpuUsage(), epoch };
  const end = performance.now() + 1000 * seconds;
  while (secondsPerStep.length < 5 || performance.now() < end) secondsPerStep.push(await run(epochs));
  const cpu = process.cpuUsage(before.cpu);
  const steps = (epoch - before.epoch) * stepsPerEpoch * population.size;
  return { secondsPerStep, hostMicrosecondsPer1000Steps: ((cpu.user + cpu.system) / steps) * 1000 };
}

interface Tensors {
  tensors(): ReadonlyMap<string, ArrayLike<number>>;
}

/** Largest |a - b|_2 / |b|_2 over the tensors. */
function differenceOf(network: Tensors, oracle: Tensors): number {
  const got = network.tensors();
  const differences = [...oracle.tensors()].map(([name, expected]) => {
    let [squares, norm] = [0, 0];
    for (let i = 0; i < expected.length; ++i) {
      squares += ((got.get(name)?.[i] ?? Number.NaN) - (expected[i] as number)) ** 2;
      norm += (expected[i] as number) ** 2;
    }
    return norm === 0 ? Math.sqrt(squares) : Math.sqrt(squares / norm);
  });
  return differences.some(Number.isNaN) ? Number.NaN : Math.max(...differences);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
