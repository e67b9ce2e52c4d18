/** Several arrays that NumPy wrote into one file: numpy.savez(...), numpy.savez_compressed(...), Keras' numpy.savez. */
import { crc32 } from 'node:zlib';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { checkPath, didYouMean } from '../arguments.js';
import { EigenstudentError, reasonOf } from '../errors.js';
import { beginningOf, describeForeign } from '../files/file-kind.js';
import { unreadable } from '../files/read-bytes.js';
import { ByteSource, mostFromOne } from './byte-source.js';
import { type NpyArray, readNpyFrom } from './npy.js';

/**
 * The arrays by their names, without ".npy". One is unpacked at a time; each is checked against its checksum.
 * @param wanted names of arrays; nothing else in the file is read. Default: all arrays of numbers
 * @throws file_unreadable; file_corrupt when it is not a zip file or a wanted array is damaged; file_unsupported as parseNpy, and
 *   for a wanted member that is not an array; invalid_data when a wanted array is missing
 */
export async function readNpz(path: string, wanted?: readonly string[]): Promise<Map<string, NpyArray>> {
  return withMembers(path, async (zip, members) => {
    if (wanted === undefined) return readAll(path, zip, members);
    const arrays = new Map<string, NpyArray>();
    for (const name of new Set(wanted)) {
      const member = members.get(name) ?? members.get(`${name}.npy`);
      if (member === undefined) throw noSuchArray(name, path, members);
      arrays.set(name, await readMember(zip, member, `array ${name} of ${path}`));
    }
    return arrays;
  });
}

/** Names of the arrays, none of which is read. @throws file_unreadable, file_corrupt, file_unsupported when there are none */
export async function namesInNpz(path: string): Promise<string[]> {
  return withMembers(path, async (_, members) => arrayNames(members));
}

type Members = ReadonlyMap<string, Entry>;

/** Members named as numpy.savez names them. An archive may have others: a text, a folder, files that macOS adds. */
function arrayNames(members: Members): string[] {
  const named = [...members.keys()].filter((name) => /^(?!__MACOSX\/).*\.npy$/s.test(name));
  return named.map((name) => name.slice(0, -4));
}

/** Arrays that are not of numbers are skipped, unless there are no others. */
async function readAll(path: string, zip: ZipFile, members: Members): Promise<Map<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  let refused: EigenstudentError | undefined;
  for (const name of arrayNames(members)) {
    try {
      const member = members.get(`${name}.npy`) as Entry;
      arrays.set(name, await readMember(zip, member, `array ${name} of ${path}`));
    } catch (error) {
      if (!(error instanceof EigenstudentError) || error.code !== 'file_unsupported') throw error;
      refused ??= error;
    }
  }
  if (refused && arrays.size === 0) throw refused;
  return arrays;
}

function noSuchArray(name: string, path: string, members: Members): EigenstudentError {
  const names = arrayNames(members);
  const hint = didYouMean(name, names);
  return new EigenstudentError(
    'invalid_data',
    `expected an array ${name} in ${path}, which has ${names.join(', ')}${hint && `. ${hint}`}`,
  );
}

/** @throws file_unreadable, file_corrupt, what `use` throws */
async function withMembers<Result>(
  path: string,
  use: (zip: ZipFile, members: Members) => Promise<Result>,
): Promise<Result> {
  const zip = await openZip(path);
  try {
    // by full name; of two members of one name the last counts, as for NumPy
    const members = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) members.set(nameOf(entry), entry);
    if (arrayNames(members).length === 0) throw await noArrays(path, members);
    return await use(zip, members);
  } catch (cause) {
    throw cause instanceof EigenstudentError ? cause : corrupt(path, reasonOf(cause), cause);
  } finally {
    zip.close();
  }
}

/** Member names are only compared, never used as paths: one may begin with a slash or lead out of any folder. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true);
}

async function noArrays(path: string, members: Members): Promise<EigenstudentError> {
  const [first] = members.keys();
  const kind = describeForeign(await beginningOf(path), 'a zip file');
  const it = kind === undefined ? 'is a zip file, but none that numpy.savez wrote' : kind;
  const holds = first === undefined ? 'nothing' : `${first}, and no NPY file`;
  return new EigenstudentError('file_unsupported', `${path} holds ${holds}: it ${it}`);
}

async function openZip(path: string): Promise<ZipFile> {
  checkPath('a file to read', path);
  try {
    return await openPromise(path, { autoClose: false, decodeStrings: false, validateEntrySizes: false });
  } catch (cause) {
    if ('syscall' in Object(cause)) throw unreadable(path, cause);
    const start = await beginningOf(path);
    const foreign = describeForeign(start, 'an NPZ file');
    if (foreign !== undefined && !foreign.startsWith('is a zip file'))
      throw corrupt(path, `it ${foreign}`, cause);
    const reason = reasonOf(cause).replace(/\.$/, '');
    throw corrupt(path, `${reason}. It may be cut short: fetch it again`, cause);
  }
}

function corrupt(path: string, reason: string, cause: unknown): EigenstudentError {
  return new EigenstudentError('file_corrupt', `${path} is not a readable NPZ file: ${reason}`, { cause });
}

/** Methods of zip files other than 0 and 8 (APPNOTE.TXT 4.4.5), for errors. */
const methods: Readonly<Record<number, string>> = {
  9: 'deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'Zstandard',
  95: 'xz',
};

/** At most as many bytes are in memory as its header declares. */
async function readMember(zip: ZipFile, member: Entry, where: string): Promise<NpyArray> {
  const { uncompressedSize: size, compressedSize, compressionMethod: method } = member;
  const unsupported = (reason: string) => new EigenstudentError('file_unsupported', `${where} ${reason}`);
  const damaged = (reason: string, cause?: unknown) =>
    new EigenstudentError('file_corrupt', `${where} is damaged: ${reason}`, { cause });
  if (member.isEncrypted()) throw unsupported('is encrypted. Write the file again without a password');
  if (method !== 0 && method !== 8)
    throw unsupported(
      `is compressed with method ${methods[method] ?? method}. Write it again with numpy.savez_compressed`,
    );
  if (size > compressedSize * mostFromOne)
    throw damaged(`${compressedSize} compressed bytes cannot hold the ${size} that it should have`);
  let [checksum, length] = [0, 0];
  const unpack = async function* () {
    try {
      for await (const chunk of await zip.openReadStreamPromise(member)) {
        checksum = crc32(chunk as Uint8Array, checksum);
        length += chunk.length;
        if (length > size) throw new Error(`more than the ${size} bytes that it should have follow`);
        yield chunk as Uint8Array;
      }
      if (length < size) throw new Error(`it ends after ${length} of ${size} bytes`);
    } catch (cause) {
      throw damaged(reasonOf(cause), cause);
    }
  };
  const chunks = unpack();
  try {
    const source = new ByteSource(where, false, size, chunks);
    const array = await readNpyFrom(source);
    if (checksum !== member.crc32) throw damaged('it does not have its checksum');
    return array;
  } finally {
    await chunks.return();
  }
}
