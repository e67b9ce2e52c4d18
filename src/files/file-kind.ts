/**
 * Describes a file that is not of the expected format: an error page in place of a download, a pointer in
 * place of a large file, a format of another program. Readers call this only when the signature of their own
 * format is missing.
 */
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';

/** Bytes from the beginning of a file that `describeForeign` looks at; "ustar" of tar has the largest offset. */
export const signatureBytes = 512;

/** [signature at the beginning, as latin1; what the file is, and what to do about it]. Sources: the formats' specifications. */
const signatures: readonly (readonly [string, string])[] = [
  ['\x93NUMPY', 'an array of NumPy (NPY). Give it a name that ends in .npy'],
  ['\x89HDF\r\n\x1a\n', 'an HDF5 file, as Keras writes. Save its arrays with numpy.savez'],
  ['\x89PNG\r\n', 'a picture (PNG). Put the pixels of all pictures into one array with numpy.save'],
  ['\xff\xd8\xff', 'a picture (JPEG). Put the pixels of all pictures into one array with numpy.save'],
  ['GIF8', 'a picture (GIF). Put the pixels of all pictures into one array with numpy.save'],
  ['%PDF-', 'a PDF document'],
  ['PAR1', 'a Parquet file. Give it a name that ends in .parquet'],
  ['ARROW1', 'an Arrow (Feather) file. Write it with pandas.DataFrame.to_parquet'],
  ['\x1f\x8b', 'compressed with gzip. Unpack it with gunzip'],
  ['BZh', 'compressed with bzip2. Unpack it with bunzip2'],
  ['\xfd7zXZ\0', 'compressed with xz. Unpack it with unxz'],
  ['\x28\xb5\x2f\xfd', 'compressed with Zstandard. Unpack it with unzstd'],
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive. Unpack it first'],
  ['Rar!', 'a RAR archive. Unpack it first'],
  ['\xd0\xcf\x11\xe0', 'a document of Microsoft Office. Save the table as CSV'],
  ['SQLite format 3\0', 'an SQLite database. Export its table as CSV'],
  [
    'MATLAB 5.0 MAT-file',
    'a MAT-file of MATLAB. Save its arrays with numpy.savez(path, **scipy.io.loadmat(file))',
  ],
  ['GGUF', 'a GGUF file. Save the tensors as safetensors'],
  ['\x7fELF', 'a program (ELF)'],
  ['\0\0\x08\x01', 'an IDX file of labels. Give it a name that ends in -ubyte or .idx'],
  ['\0\0\x08\x03', 'an IDX file of images. Give it a name that ends in -ubyte or .idx'],
];

/** [how text begins, what it is]; case does not matter. */
const texts: readonly (readonly [RegExp, string])[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\/spec\//,
    'a pointer of Git LFS in place of the file. Fetch the file with `git lfs pull`',
  ],
  [
    /^(<!--[\s\S]*)?(<!doctype html|<html|<head|<body)/,
    'a web page (HTML), not the file. Download the file itself',
  ],
  [/^<\?xml[\s\S]*<!doctype html/, 'a web page (HTML), not the file. Download the file itself'],
  [/^(<\?xml|<error>)/, 'XML'],
  [/^[{[]\s*(["{[\]}\d]|$)/, 'JSON'],
  [/^(#!|import \w|from \w+(\.\w+)* import |"""|def \w+\()/, 'the text of a program'],
];

/**
 * A sentence without its subject, as in "is a web page (HTML), not the file. Download the file itself";
 * undefined for bytes of an unknown kind.
 * @param start of the file: signatureBytes of it, or as many as there are
 * @param own the format that was expected, by its name in this file: a file that begins like it is only damaged
 */
export function describeForeign(start: Uint8Array, own?: string): string | undefined {
  const kind = kindOf(start);
  return own !== undefined && kind?.startsWith(`is ${own}`) ? undefined : kind;
}

/** The bytes that describeForeign examines. @throws Node's error */
export async function beginningOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(signatureBytes), 0, signatureBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function kindOf(start: Uint8Array): string | undefined {
  if (start.length === 0) return 'is empty';
  const bytes = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, signatureBytes));
  const latin1 = bytes.toString('latin1');
  if (latin1.startsWith('PK\x03\x04') || latin1.startsWith('PK\x05\x06')) return `is ${zipKind(latin1)}`;
  const known = signatures.find(([signature]) => latin1.startsWith(signature));
  if (known) return `is ${known[1]}`;
  if (latin1.slice(257, 262) === 'ustar') return 'is a tar archive. Unpack it first';
  if (bytes[0] === 0x80 && bytes[1] !== undefined && bytes[1] >= 2 && bytes[1] <= 5)
    return 'is a pickle of Python, which may run code and is not read. Save the arrays with numpy.savez or safetensors';
  if (bytes.length >= 16 && bytes.every((byte) => byte === 0))
    return 'begins with zeros only, as after a download that was broken off. Fetch it again';
  if (isSafetensors(bytes)) return 'is a safetensors file. Give it a name that ends in .safetensors';
  const text = textOf(bytes);
  return text === undefined ? undefined : `is ${textKind(text)}`;
}

/** Where the name of a zip file's first member stands, and where its length (APPNOTE.TXT 4.3.7). */
const [nameLengthAt, nameAt] = [26, 30];

/** By the name of the first member. */
function zipKind(latin1: string): string {
  const name = latin1.slice(nameAt, nameAt + latin1.charCodeAt(nameLengthAt));
  if (/^[^/]+\/(data\.pkl|version|byteorder|\.format_version|\.data\/)/.test(name))
    return (
      'a checkpoint of PyTorch (.pt, a zip file with a pickle), which may run code and is not read. Save it with ' +
      'safetensors.torch.save_file(model.state_dict(), path)'
    );
  if (/^(\[Content_Types\]\.xml|_rels\/|xl\/)/.test(name))
    return 'a document of Microsoft Office. Save the table as CSV';
  if (name.endsWith('.npy')) return 'an NPZ file. Give it a name that ends in .npz';
  return 'a zip file. Unpack it first';
}

/** Whether the bytes begin with a length that fits a header, and a JSON object. */
function isSafetensors(bytes: Buffer): boolean {
  return bytes.length >= 10 && bytes.readUInt32LE(4) === 0 && /^\{\s*["}]/.test(bytes.toString('latin1', 8));
}

function textKind(text: string): string {
  const trimmed = text.trimStart();
  const shown = JSON.stringify(trimmed.slice(0, 60).trimEnd());
  const known = texts.find(([pattern]) => pattern.test(trimmed.toLowerCase()))?.[1];
  if (known === undefined) return `text that begins with ${shown}`;
  return known.includes('.') ? known : `${known} that begins with ${shown}`;
}

/**
 * The beginning as text; undefined where it holds bytes that do not occur in text. A last character may be
 * cut off.
 */
function textOf(bytes: Buffer): string | undefined {
  const mark = bytes.toString('hex', 0, 2);
  if (mark === 'fffe' || mark === 'feff')
    return new TextDecoder(mark === 'fffe' ? 'utf-16le' : 'utf-16be').decode(bytes);
  // control characters other than white space
  if (bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32) || byte === 127)) return undefined;
  for (let cut = 0; cut < 4 && cut < bytes.length; ++cut) {
    const whole = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(whole)) return new TextDecoder().decode(whole);
  }
  return undefined;
}
