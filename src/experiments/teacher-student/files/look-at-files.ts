/** Inspects the files of a protocol before training, and writes the results into the protocol. */
import { resolve } from 'node:path';
import { invalidData } from '../../../data/labelled-samples.js';
import { checkNormalizationFits, imagesOf } from '../../../data/normalization.js';
import { EigenstudentError } from '../../../errors.js';
import { fileHash } from '../../../files/file-hash.js';
import type { Dataset } from '../../../network/dataset.js';
import { outputsOf, unitsOf } from '../../../network/description.js';
import { Network } from '../../../network/network.js';
import { planAugmentation } from '../../../population/augmentation.js';
import { valuesOf } from '../../../protocol/axes.js';
import { type FileData, isFromFiles, mapPaths, pathsOf } from '../../../protocol/files/file-data.js';
import { type LoadedData, loadFiles } from '../../../protocol/files/load.js';
import type { FileTeacher } from '../protocol/file-teacher.js';
import { countsOf } from '../protocol/problem.js';
import type { Protocol } from '../protocol/schema.js';

/**
 * The protocol with relative paths resolved.
 * @param folder that they are relative to
 */
export function fromFolder(protocol: Protocol, folder: string): Protocol {
  const { teacher, data } = partsOf(protocol);
  return {
    ...protocol,
    ...(teacher && { teacher: { ...teacher, path: resolve(folder, teacher.path) } }),
    ...(data && { data: mapPaths(data, (path) => resolve(folder, path)) }),
  } as Protocol;
}

/**
 * The protocol with the checksum and a description of each file; unchanged where there are no files, or where it has
 * both already.
 * @throws file_unreadable, file_corrupt, file_unsupported, invalid_data: see loadFiles
 */
export async function inspectFiles(protocol: Protocol): Promise<Protocol> {
  const parts = partsOf(protocol);
  if (!parts.teacher && !parts.data) return protocol;
  const absolute = partsOf(fromFolder(protocol, '.'));
  const data = absolute.data && (await inspectData(absolute.data, shiftsOf(protocol)));
  const teacher = absolute.teacher && (await inspectTeacher(absolute.teacher));
  const [has, wants] = [data?.found?.inputs, teacher?.found?.inputs];
  if (has !== undefined && wants !== undefined && has !== wants)
    throw invalidData(
      `expected ${wants} inputs per sample, as the teacher ${teacher?.path} takes, received ${has}`,
    );
  return { ...protocol, ...(teacher && { teacher }), ...(data && { data }) } as Protocol;
}

/** Files do not vary within a protocol, as its check ensures. */
function partsOf({ teacher, data }: Protocol): { teacher?: FileTeacher; data?: FileData } {
  const file = (teacher as { readonly kind?: unknown } | undefined)?.kind === 'file';
  return {
    teacher: file ? (teacher as FileTeacher) : undefined,
    data: isFromFiles(data) ? (data as FileData) : undefined,
  };
}

/** Every shift of `augment`; empty where images are not moved. */
function shiftsOf(protocol: Protocol): number[] {
  return protocol.augment ? (valuesOf(protocol, 'augment.shift') as number[]) : [];
}

/** @param shifts of images, in pixels */
async function inspectData(data: FileData, shifts: readonly number[]): Promise<FileData> {
  if (data.files && data.found && pathsOf(data).every((path) => Object.hasOwn(data.files ?? {}, path)))
    return data;
  const loaded = await loadFiles(data); // first: its errors say more of files that are missing
  const files: Record<string, string> = {};
  for (const path of pathsOf(data)) files[path] = await fileHash(path);
  const { samples, inputCount: inputs, targetCount } = loaded.data;
  checkNormalizations(data, loaded);
  checkShifts(shifts, loaded.data);
  const found = {
    samples,
    ...(loaded.test && { testSamples: loaded.test.samples }),
    inputs,
    ...(loaded.classes !== undefined && { classes: loaded.classes }),
    ...(targetCount > 0 && { targets: targetCount }),
  };
  countsOf({ ...data, files, found }); // Throws with the part that is empty.
  return { ...data, files, found };
}

/** Whether each normalisation is for data of this shape; a list of them is an axis. @throws invalid_data */
function checkNormalizations({ normalize }: FileData, { data }: LoadedData): void {
  for (const one of [normalize].flat()) {
    if (one === 'standardPerChannel') imagesOf(data);
    if (typeof one === 'object') checkNormalizationFits(one, data);
  }
}

/** Whether images can be moved so far. @throws invalid_data, invalid_argument */
function checkShifts(shifts: readonly number[], data: Dataset): void {
  if (shifts.length > 0 && !data.inputShape)
    throw invalidData(
      `expected images for augment, received samples of ${data.inputCount} features. Arrays [samples, height, width] or ` +
        '[samples, channels, height, width] are images',
    );
  for (const shift of shifts) planAugmentation('the protocol', { shift, flip: true }, data);
}

async function inspectTeacher(teacher: FileTeacher): Promise<FileTeacher> {
  if (teacher.sha256 && teacher.found) return teacher;
  const { spec } = await Network.load(teacher.path);
  const [first] = spec.layers;
  if (spec.layers.length < 2 || first === undefined) {
    const message = `expected a teacher with a hidden layer in ${teacher.path}, received a network of one layer`;
    throw new EigenstudentError('invalid_network', message);
  }
  const found = { inputs: spec.inputs, outputs: outputsOf(spec), teacherSize: unitsOf(spec, 0) };
  return { ...teacher, sha256: await fileHash(teacher.path), found };
}
