/** One trial: a student, from its first values to the accuracies of its pruned networks. */
import { EigenstudentError } from '../../../errors.js';
import { type SafeTensor, safeTensor } from '../../../files/safetensors.js';
import { adam, cosine } from '../../../population/optimizers.js';
import { Population } from '../../../population/population.js';
import type { TrialResult, TrialRun } from '../../../sweep/one-by-one.js';
import { checkpointOf, continueFrom } from '../../../training/checkpoint.js';
import { train } from '../../../training/train.js';
import type { ConvProtocol } from '../protocol/schema.js';
import type { ConvScalars } from '../record/scalars.js';
import type { Images } from './images.js';
import { layersOf } from './layers.js';
import { effectiveChannels, pruneShares } from './prune-shares.js';

interface History {
  readonly epoch: number[];
  readonly trainLoss: number[];
}

export async function trainTrial(
  protocol: ConvProtocol,
  images: Images,
  run: TrialRun,
): Promise<TrialResult<ConvScalars>> {
  const { dtype, augment, batchSize, epochs, seed, trial, learningRate } = protocol;
  const { threads, device, devices, signal } = run;
  const optimizer = adam({ learningRate: cosine(learningRate, { total: epochs }) });
  const layers = layersOf(protocol, images.classes);
  const student = { layers, data: images.train, optimizer, augment, batchSize, epochs, seed, trial };
  const population = Population.create([student], { dtype, threads, device, devices });
  try {
    const history = await trainToEnd(population, protocol, run);
    const network = population.at(0).network();
    const [train, measured] = [await network.evaluate(images.train), await network.evaluate(images.measured)];
    const curves = await pruneShares(network, images, protocol, signal);
    const scalars = {
      accuracy: measured.accuracy,
      loss: measured.loss,
      trainAccuracy: train.accuracy,
      trainLoss: train.loss,
      effectiveChannels: effectiveChannels(network),
      ...curves,
    };
    return { scalars, tensors: historyTensors(history), engine: population.engine };
  } finally {
    population.dispose();
  }
}

async function trainToEnd(population: Population, protocol: ConvProtocol, run: TrialRun): Promise<History> {
  const history = continued(population, run);
  const steps = Math.ceil(protocol.data.train / protocol.batchSize);
  const state = () => new Map([...historyTensors(history), ...stateTensors(population)]);
  if ((history.epoch.at(-1) ?? 0) === protocol.epochs) return history;
  for await (const report of train(population, { every: 1, evaluateTrain: false, signal: run.signal })) {
    const [epoch, trainLoss] = [report.epochs[0] as number, report.trainLoss[0] as number];
    const [diverged] = report.divergences;
    if (diverged) throw new EigenstudentError('diverged', diverged.message);
    history.epoch.push(epoch);
    history.trainLoss.push(trainLoss);
    await run.checkpoint(epoch * steps, state, { loss: trainLoss });
  }
  return history;
}

/** What a checkpoint has of the trial, its student set to it. */
function continued(population: Population, { saved }: TrialRun): History {
  if (!saved) return { epoch: [], trainLoss: [] };
  const numbers = (name: string) => Array.from(saved.tensors.get(name)?.data ?? [], Number);
  const metadata = JSON.parse(String.fromCharCode(...numbers('metadata')));
  const tensors = new Map(saved.tensors);
  continueFrom({ tensors, metadata }, 'the checkpoint of the trial', population, population.students());
  return { epoch: numbers('history.epoch'), trainLoss: numbers('history.trainLoss') };
}

function historyTensors({ epoch, trainLoss }: History): Map<string, SafeTensor> {
  return new Map([
    ['history.epoch', safeTensor(Float64Array.from(epoch))],
    ['history.trainLoss', safeTensor(Float64Array.from(trainLoss))],
  ]);
}

/** The state of the student, with the metadata of its checkpoint as the codes of the characters. */
function stateTensors(population: Population): Map<string, SafeTensor> {
  const { tensors, metadata } = checkpointOf(population, population.students());
  const codes = Uint32Array.from(JSON.stringify(metadata), (character) => character.charCodeAt(0));
  return new Map([...tensors, ['metadata', safeTensor(codes)]]);
}
