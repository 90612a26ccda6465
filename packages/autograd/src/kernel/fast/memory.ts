// Memory for outputs. A typed array of more than 64 bytes gets a buffer outside of V8's heap, which
// costs about a microsecond to make and to collect; a view of an existing buffer costs a tenth.
// So small arrays are carved from slabs.
import { allocate, dtypeInfo, type DType, type TypedArray } from "../../tensor/dtype.ts";

/** A slab lives as long as any array in it, so a small array that is kept for long holds this much.
 *  16 KiB is little to hold, and already shares the cost among many arrays. */
const SLAB_BYTES = 16384;
/** Arrays up to this size lie in V8's heap, which is as fast. */
const HEAP_BYTES = 64;
/** For larger arrays clearing and writing them outweighs making the buffer. */
const CARVED_BYTES = 1024;

let slab: ArrayBuffer;
let used = SLAB_BYTES;

/** Reserves bytes of the slab: aligned for every dtype, zero as no byte is given out twice. */
function reserve(bytes: number): number {
  const size = (bytes + 7) & ~7;
  if (used + size > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const at = used;
  used += size;
  return at;
}

type Allocator = (length: number) => TypedArray;

// Each constructor call stands on its own, so that the JIT sees one kind of array at each.
const whole: Record<DType, Allocator> = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int32: (length) => new Int32Array(length),
  bool: (length) => new Uint8Array(length),
};

const carved: Record<DType, Allocator> = {
  float32: (length) => {
    const at = reserve(4 * length);
    return new Float32Array(slab, at, length);
  },
  float64: (length) => {
    const at = reserve(8 * length);
    return new Float64Array(slab, at, length);
  },
  int32: (length) => {
    const at = reserve(4 * length);
    return new Int32Array(slab, at, length);
  },
  bool: (length) => {
    const at = reserve(length);
    return new Uint8Array(slab, at, length);
  },
};

/** The quickest way to make zero-filled arrays of this length. */
export function allocatorFor(dtype: DType, length: number): Allocator {
  const bytes = length * dtypeInfo(dtype).bytes;
  if (bytes > CARVED_BYTES) return (count) => allocate(dtype, count);
  return (bytes > HEAP_BYTES ? carved : whole)[dtype];
}
