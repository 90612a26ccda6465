/**
 * The eager matrix product, in plain TypeScript.
 *
 *   out[i, j] = Σ_k A[i, k] · B[k, j]        A: M×K, B: K×N, both through any strides
 *
 * Every path adds the products of one element in the order k = 0, 1, 2, … into a double and
 * rounds once, on the store. So the result depends neither on the block sizes nor on the path
 * taken: it has the very bits of the textbook loop in doubles. Nothing is skipped because it is
 * zero: 0 · NaN and 0 · Infinity reach the result.
 *
 * What makes it fast (V8 13.6 on a 3.6 GHz Zen 4, one core, whose scalar peak is 14.5 GFLOP/s):
 *
 * - V8 keeps the bounds check of every element access, also where the index is masked. It does
 *   merge checks of the *same index* against the *same constant length*, and a length is constant
 *   when the array itself is: a `const` of the module that is not exported. Therefore a panel is
 *   not interleaved as in BLAS but one array per row (A0, A1) and per column (B0, B1, B2), all
 *   indexed by one number: two checks per k instead of five. (Once any ArrayBuffer of the process
 *   has been detached, V8 of Node 20 and 22 tests every access for that: 3 to 5 GFLOP/s, not 9.)
 * - V8 emits all products of a loop body before the first sum, so an R×C tile wants 2·R·C of the
 *   15 vector registers. 2×3 fits; larger tiles spill their sums. Best of 25 runs: 2×3 9.3,
 *   3×2 8.9, 2×2 7.1, 4×2 4.9, 3×3 5.5, 4×3 6.4, 4×4 6.2; interleaved panels passed as
 *   arguments: 4×3 5.8, 4×4 5.6, 2×2 5.0.
 * - Arrays that come as arguments are read in short loops without a branch, with indices made
 *   int32 by `| 0`: only then do the checks of type and buffer leave the loop (an outer product
 *   runs at 2.4 instead of 0.7 GFLOP/s). So offsets must stay below 2³¹ elements.
 */

export type GemmArray = Float32Array | Float64Array | Int32Array;

/** Rows and columns of the micro-kernel's tile. */
const TILE_ROWS = 2;
const TILE_COLS = 3;

/** Longest run of k packed at once: three columns of B (24 KiB) stay in the first-level cache. */
const BLOCK_DEPTH = 1024;
/** Rows (an even number) of A packed at once: 1 MiB, and B is packed once for all of them. */
const BLOCK_ROWS = 128;
/** Columns (a multiple of three) whose sums are held in doubles at one time. */
const BLOCK_COLS = 255;

/**
 * The packing buffers, 1.3 MiB in all. Why they are constants of a fixed length is said above.
 */
const PANEL_LENGTH = (BLOCK_ROWS / TILE_ROWS) * BLOCK_DEPTH;
const A0 = new Float64Array(PANEL_LENGTH);
const A1 = new Float64Array(PANEL_LENGTH);
const B0 = new Float64Array(BLOCK_DEPTH);
const B1 = new Float64Array(BLOCK_DEPTH);
const B2 = new Float64Array(BLOCK_DEPTH);
const SUMS = new Float64Array(BLOCK_ROWS * (BLOCK_COLS + TILE_COLS - 1));

/** Up to this many multiplications the plain loop beats packing (they meet near 6³). */
const SMALL_PRODUCT = 256;

/**
 * out[outOffset + i·outRow + j] = Σ_k a[aOffset + i·aRow + k·aCol] · b[bOffset + k·bRow + j·bCol]
 * for i < m, j < n, k < depth; with `accumulate`, += instead of =. The three arrays have the same
 * dtype, `out` shares no element with the operands. Int32 wraps as Math.imul does.
 */
export function gemm(
  m: number,
  n: number,
  depth: number,
  a: GemmArray,
  aOffset: number,
  aRow: number,
  aCol: number,
  b: GemmArray,
  bOffset: number,
  bRow: number,
  bCol: number,
  out: GemmArray,
  outOffset: number,
  outRow: number,
  accumulate = false,
): void {
  if (out instanceof Int32Array || m * n * depth <= SMALL_PRODUCT) {
    for (let i = 0; i < m; i++) {
      const aStart = aOffset + i * aRow;
      const target = outOffset + i * outRow;
      plainRow(n, depth, a, aStart, aCol, b, bOffset, bRow, bCol, out, target, accumulate);
    }
    return;
  }
  if (depth === 1 && !accumulate) {
    for (let i = 0; i < m; i++) {
      storeScaled(a[aOffset + i * aRow]!, n, b, bOffset, bCol, out, outOffset + i * outRow);
    }
    return;
  }
  if (m === 1 && n > 1) {
    // A vector times a matrix is the transposed matrix times that vector.
    gemm(n, 1, depth, b, bOffset, bCol, bRow, a, aOffset, aCol, 0, out, outOffset, 1, accumulate);
    return;
  }
  for (let i = 0; i < m; i += BLOCK_ROWS) {
    const rows = Math.min(m - i, BLOCK_ROWS);
    for (let j = 0; j < n; j += BLOCK_COLS) {
      const cols = Math.min(n - j, BLOCK_COLS);
      const stride = n === 1 ? 1 : cols + TILE_COLS - 1; // room for the filling of the last tile
      SUMS.fill(0, 0, (rows + TILE_COLS) * stride);
      for (let k = 0; k < depth; k += BLOCK_DEPTH) {
        const run = Math.min(depth - k, BLOCK_DEPTH);
        const aStart = aOffset + i * aRow + k * aCol;
        const bStart = bOffset + k * bRow + j * bCol;
        if (n === 1) {
          packB(1, run, b, bStart, bRow, 0);
          if (Math.abs(aRow) < Math.abs(aCol)) addColumns(rows, run, a, aStart, aRow, aCol);
          else addRows(rows, run, a, aStart, aRow, aCol);
        } else {
          if (j === 0 || depth > BLOCK_DEPTH) packA(rows, run, a, aStart, aRow, aCol);
          for (let c = 0; c < cols; c += TILE_COLS) {
            packB(cols - c, run, b, bStart + c * bCol, bRow, bCol);
            for (let r = 0; r < rows; r += TILE_ROWS) {
              addTile(run, (r / TILE_ROWS) * run, r * stride + c, stride);
            }
          }
        }
      }
      const target = outOffset + i * outRow + j;
      if (n === 1) storeSums(0, rows, out, target, outRow, accumulate);
      for (let r = 0; n > 1 && r < rows; r++) {
        storeSums(r * stride, cols, out, target + r * outRow, 1, accumulate);
      }
    }
  }
}

/** A row of the result by the textbook loop, two columns at a time; for int32 one, wrapping. */
function plainRow(
  n: number,
  depth: number,
  a: GemmArray,
  aStart: number,
  aCol: number,
  b: GemmArray,
  bStart: number,
  bRow: number,
  bCol: number,
  out: GemmArray,
  target: number,
  accumulate: boolean,
): void {
  if (out instanceof Int32Array) {
    for (let j = 0; j < n; j++) {
      let sum = accumulate ? out[target + j]! : 0;
      for (let k = 0; k < depth; k++) {
        sum = (sum + Math.imul(a[aStart + k * aCol]!, b[bStart + j * bCol + k * bRow]!)) | 0;
      }
      out[target + j] = sum;
    }
    return;
  }
  for (let j = 0; j < n; j += 2) {
    const last = j + 1 === n;
    let sum0 = 0;
    let sum1 = 0;
    let p = aStart | 0;
    let q0 = (bStart + j * bCol) | 0;
    let q1 = (last ? q0 : q0 + bCol) | 0;
    for (let k = 0; k < depth; k++) {
      const x = a[p]!;
      sum0 += x * b[q0]!;
      sum1 += x * b[q1]!;
      p = (p + aCol) | 0;
      q0 = (q0 + bRow) | 0;
      q1 = (q1 + bRow) | 0;
    }
    const place = (target + j) | 0;
    out[place] = accumulate ? out[place]! + sum0 : sum0;
    if (!last) out[place + 1] = accumulate ? out[place + 1]! + sum1 : sum1;
  }
}

/** Rows of A two by two, the pairs one after the other; an odd last row is its own partner. */
function packA(m: number, depth: number, a: GemmArray, at: number, row: number, col: number) {
  let p = 0;
  for (let i = 0; i < m; i += TILE_ROWS) {
    let source0 = (at + i * row) | 0;
    let source1 = (i + 1 < m ? source0 + row : source0) | 0;
    for (const end = (p + depth) | 0; p < end; p = (p + 1) | 0) {
      A0[p] = a[source0]!;
      A1[p] = a[source1]!;
      source0 = (source0 + col) | 0;
      source1 = (source1 + col) | 0;
    }
  }
}

/** Three columns of B; those beyond the last one repeat it, and their sums are never stored. */
function packB(n: number, depth: number, b: GemmArray, at: number, row: number, col: number) {
  let source0 = at | 0;
  let source1 = (n > 1 ? source0 + col : source0) | 0;
  let source2 = (n > 2 ? source1 + col : source1) | 0;
  for (let q = 0; q < depth; q++) {
    B0[q] = b[source0]!;
    B1[q] = b[source1]!;
    B2[q] = b[source2]!;
    source0 = (source0 + row) | 0;
    source1 = (source1 + row) | 0;
    source2 = (source2 + row) | 0;
  }
}

/**
 * The micro-kernel: a 2×3 tile of SUMS += two packed rows of A times three packed columns of B.
 * Two steps per turn with an exit between them: half the jumps and interrupt checks (7 % faster),
 * while each step stays a basic block of its own, whose products fit the registers.
 */
function addTile(depth: number, panel: number, target: number, stride: number): void {
  const below = target + stride;
  let s00 = SUMS[target]!;
  let s01 = SUMS[target + 1]!;
  let s02 = SUMS[target + 2]!;
  let s10 = SUMS[below]!;
  let s11 = SUMS[below + 1]!;
  let s12 = SUMS[below + 2]!;
  let p = panel | 0;
  let q = 0;
  while (q < depth) {
    const a0 = A0[p]!;
    const a1 = A1[p]!;
    const b0 = B0[q]!;
    const b1 = B1[q]!;
    const b2 = B2[q]!;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    p = (p + 1) | 0;
    q = (q + 1) | 0;
    if (q >= depth) break;
    const u0 = A0[p]!;
    const u1 = A1[p]!;
    const v0 = B0[q]!;
    const v1 = B1[q]!;
    const v2 = B2[q]!;
    s00 += u0 * v0;
    s01 += u0 * v1;
    s02 += u0 * v2;
    s10 += u1 * v0;
    s11 += u1 * v1;
    s12 += u1 * v2;
    p = (p + 1) | 0;
    q = (q + 1) | 0;
  }
  SUMS[target] = s00;
  SUMS[target + 1] = s01;
  SUMS[target + 2] = s02;
  SUMS[below] = s10;
  SUMS[below + 1] = s11;
  SUMS[below + 2] = s12;
}

/** SUMS[i] += Σ_k A[i, k] · B0[k], four rows at a time, so that four sums are in flight. */
function addRows(m: number, depth: number, a: GemmArray, at: number, row: number, col: number) {
  for (let i = 0; i < m; i += 4) {
    // Rows beyond the last one repeat it; their sums are never stored.
    let p0 = (at + i * row) | 0;
    let p1 = (i + 1 < m ? p0 + row : p0) | 0;
    let p2 = (i + 2 < m ? p1 + row : p1) | 0;
    let p3 = (i + 3 < m ? p2 + row : p2) | 0;
    let s0 = SUMS[i]!;
    let s1 = SUMS[i + 1]!;
    let s2 = SUMS[i + 2]!;
    let s3 = SUMS[i + 3]!;
    for (let k = 0; k < depth; k++) {
      const x = B0[k]!;
      s0 += a[p0]! * x;
      s1 += a[p1]! * x;
      s2 += a[p2]! * x;
      s3 += a[p3]! * x;
      p0 = (p0 + col) | 0;
      p1 = (p1 + col) | 0;
      p2 = (p2 + col) | 0;
      p3 = (p3 + col) | 0;
    }
    SUMS[i] = s0;
    SUMS[i + 1] = s1;
    SUMS[i + 2] = s2;
    SUMS[i + 3] = s3;
  }
}

/** The same where rows lie side by side: down the columns, two at a time to spare SUMS. */
function addColumns(m: number, depth: number, a: GemmArray, at: number, row: number, col: number) {
  for (let k = 0; k < depth; k += 2) {
    const x0 = B0[k]!;
    let p0 = (at + k * col) | 0;
    if (k + 1 === depth) {
      for (let i = 0; i < m; i++) {
        SUMS[i] = SUMS[i]! + a[p0]! * x0;
        p0 = (p0 + row) | 0;
      }
      return;
    }
    const x1 = B0[k + 1]!;
    let p1 = (p0 + col) | 0;
    for (let i = 0; i < m; i++) {
      SUMS[i] = SUMS[i]! + a[p0]! * x0 + a[p1]! * x1;
      p0 = (p0 + row) | 0;
      p1 = (p1 + row) | 0;
    }
  }
}

/** A row of an outer product. The 0 makes −0 into 0, as in every other sum that starts at 0. */
function storeScaled(
  x: number,
  n: number,
  b: GemmArray,
  bStart: number,
  bCol: number,
  out: GemmArray,
  target: number,
): void {
  const end = (target + n) | 0;
  let q = bStart | 0;
  for (let p = target | 0; p < end; p = (p + 1) | 0) {
    out[p] = 0 + x * b[q]!;
    q = (q + bCol) | 0;
  }
}

/** Rounds a run of SUMS to the dtype of `out`. */
function storeSums(
  source: number,
  count: number,
  out: GemmArray,
  target: number,
  stride: number,
  accumulate: boolean,
): void {
  const end = (source + count) | 0;
  let q = target | 0;
  if (accumulate) {
    for (let p = source | 0; p < end; p = (p + 1) | 0) {
      out[q] = out[q]! + SUMS[p]!;
      q = (q + stride) | 0;
    }
  } else {
    for (let p = source | 0; p < end; p = (p + 1) | 0) {
      out[q] = SUMS[p]!;
      q = (q + stride) | 0;
    }
  }
}
