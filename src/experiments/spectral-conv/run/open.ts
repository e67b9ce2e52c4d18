/** Trains the trials of a run in one process: several side by side, each on its share of the threads. */
import { canonicalJson } from '../../../protocol/canonical-json.js';
import type { Runner } from '../../../sweep/experiment.js';
import { oneByOne } from '../../../sweep/one-by-one.js';
import { atOnce, threadsEach } from '../protocol/at-once.js';
import type { ImageData } from '../protocol/data-schema.js';
import { filesOf } from '../protocol/files.js';
import type { ConvProtocol } from '../protocol/schema.js';
import { type Images, readImages } from './images.js';
import { trainTrial } from './train-trial.js';

/** @param protocol whose files have been looked at */
export function openConvolutions(protocol: { readonly data: ImageData }): Runner<ConvProtocol> {
  const files = filesOf(protocol.data);
  const read = new Map<string, Promise<Images>>();
  const imagesOf = (data: ImageData) => {
    const name = canonicalJson(data);
    const images = read.get(name) ?? readImages(files.find(data));
    read.set(name, images);
    return images;
  };
  return oneByOne(
    async (trial: ConvProtocol, run) =>
      trainTrial(trial, await imagesOf(trial.data), { ...run, threads: threadsEach(run.threads) }),
    { atOnce },
  );
}
