/** Several arrays that NumPy wrote into one file: numpy.savez(...), numpy.savez_compressed(...), Keras' numpy.savez. */
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { checkPath, didYouMean } from '../arguments.js';
import { EigenstudentError, reasonOf } from '../errors.js';
import { allocateBytes, mostFromOne } from './byte-source.js';
import { type NpyArray, parseNpy } from './npy.js';

/**
 * The arrays by their names, without ".npy". One is unpacked at a time; each is held against its checksum.
 * @param wanted names of arrays; the others are passed over. Default: all
 * @throws file_unreadable; file_corrupt when it is not a zip file or an array in it is broken; file_unsupported as parseNpy,
 *   and for anything in it that is not an NPY file; invalid_data when a wanted array is not there
 */
export async function readNpz(path: string, wanted?: readonly string[]): Promise<Map<string, NpyArray>> {
  const zip = await openZip(path);
  const arrays = new Map<string, NpyArray>();
  const names: string[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName.replace(/\.npy$/, '');
      const where = `array ${name} of ${path}`;
      if (name === entry.fileName) {
        const message = `${path} holds ${name}, which is not an NPY file: it is a zip file, but none that numpy.savez wrote`;
        throw new EigenstudentError('file_unsupported', message);
      }
      names.push(name);
      if (wanted && !wanted.includes(name)) continue;
      arrays.set(name, parseNpy(await unpack(zip, entry, where), where));
    }
  } catch (cause) {
    throw cause instanceof EigenstudentError ? cause : corrupt(path, cause);
  } finally {
    zip.close();
  }
  for (const name of wanted ?? []) {
    if (arrays.has(name)) continue;
    const hint = didYouMean(name, names);
    throw new EigenstudentError(
      'invalid_data',
      `expected an array ${name} in ${path}, which has ${names.join(', ')}${hint && `. ${hint}`}`,
    );
  }
  return arrays;
}

async function openZip(path: string): Promise<ZipFile> {
  checkPath('a file to read', path);
  try {
    return await openPromise(path, { autoClose: false });
  } catch (cause) {
    if (!('syscall' in Object(cause))) throw corrupt(path, cause);
    throw new EigenstudentError('file_unreadable', `cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function corrupt(path: string, cause: unknown): EigenstudentError {
  const reason = reasonOf(cause);
  return new EigenstudentError('file_corrupt', `${path} is not a readable NPZ file: ${reason}`, { cause });
}

/** No more than the file says that there is: yauzl stops what would go on, or what ends before. */
async function unpack(zip: ZipFile, entry: Entry, where: string): Promise<Uint8Array> {
  const { uncompressedSize: size, compressedSize } = entry;
  const damaged = (reason: string) => new EigenstudentError('file_corrupt', `${where} is damaged: ${reason}`);
  if (size > compressedSize * mostFromOne)
    throw damaged(`${compressedSize} compressed bytes cannot hold the ${size} that it should have`);
  const bytes = allocateBytes(size, where);
  let filled = 0;
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (crc32(bytes) !== entry.crc32) throw damaged('it does not have its checksum');
  return bytes;
}
