// Which dims of two loops are the same, seen by what one stores and the other loads.
import type { LoopKernel } from "../plan/ir.ts";
import type { Binding } from "../plan/group.ts";
import { splitDim } from "../plan/reshape-loop.ts";

/** A loop and where its operands lie. */
export interface Bound {
  readonly kernel: LoopKernel;
  readonly bindings: readonly Binding[];
}

/** Two loops over common dims: `pairs[d]` is the guest's dim that is the host's dim d, or -1. */
export interface Match {
  readonly host: LoopKernel;
  readonly guest: LoopKernel;
  readonly pairs: readonly number[];
}

/**
 * Splits dims of two loops until those along which two operands move alike have the same extents:
 * [768] beside [12, 64] becomes [12, 64].
 */
export function refine(
  a: LoopKernel,
  b: LoopKernel,
  operandA: number,
  operandB: number,
): [LoopKernel, LoopKernel] {
  for (let round = 0; round < 16; round++) {
    const next = splitOnce(a, b, operandA, operandB);
    if (next) {
      a = next;
      continue;
    }
    const other = splitOnce(b, a, operandB, operandA);
    if (!other) break;
    b = other;
  }
  return [a, b];
}

/** Splits a dim of `a` that is longer than the dim of `b` with the same stride. */
function splitOnce(
  a: LoopKernel,
  b: LoopKernel,
  operandA: number,
  operandB: number,
): LoopKernel | null {
  const [strides, others] = [a.operands[operandA].strides, b.operands[operandB].strides];
  for (let d = 0; d < a.dims.length; d++) {
    if (strides[d] === 0 || a.dims[d] === 1) continue;
    const e = others.findIndex((stride, i) => stride === strides[d] && b.dims[i] > 1);
    if (e < 0 || b.dims[e] >= a.dims[d] || a.dims[d] % b.dims[e] !== 0) continue;
    return splitDim(a, d, b.dims[e]);
  }
  return null;
}

/**
 * The guest's loop as a part of the host's. Along dims where the two operands move, they must move
 * alike. What is left of the host must be its row (the guest is then computed once per row); what is
 * left of the guest, along which it repeats what the host stores, must fit the host's row.
 */
export function match(
  host: LoopKernel,
  guest: LoopKernel,
  operandHost: number,
  operandGuest: number,
): Match | null {
  const [first, second] = refine(host, guest, operandHost, operandGuest);
  const [s, t] = [first.operands[operandHost].strides, second.operands[operandGuest].strides];
  const pairs = first.dims.map(() => -1);
  const taken = new Set<number>();
  for (let d = 0; d < first.dims.length; d++) {
    if (s[d] === 0) continue;
    const e = t.findIndex(
      (stride, i) => stride === s[d] && second.dims[i] === first.dims[d] && !taken.has(i),
    );
    if (e < 0) return null;
    pairs[d] = e;
    taken.add(e);
  }
  if (t.some((stride, e) => stride !== 0 && !taken.has(e))) return null;
  return complete(first, second, pairs, taken);
}

/** Pairs what is left over, or gives up. */
function complete(
  host: LoopKernel,
  guest: LoopKernel,
  pairs: number[],
  taken: Set<number>,
): Match | null {
  const openHost = [...host.dims.keys()].filter((d) => pairs[d] < 0);
  const openGuest = [...guest.dims.keys()].filter((e) => !taken.has(e));
  if (openGuest.length > 0) {
    // Broadcasts of what the host stores once per row.
    if (openGuest.length !== openHost.length) return null;
    for (const [i, d] of openHost.entries()) {
      if (host.dims[d] !== guest.dims[openGuest[i]]) return null;
      pairs[d] = openGuest[i];
    }
  }
  const firstRow = host.dims.length - host.rowDims;
  const isOpen = (d: number) => pairs[d] < 0;
  if (openGuest.length === 0 && openHost.length > 0) {
    // The guest is at home in the outer dims: it has no row of its own, and the host's row is all
    // that it lacks.
    const lacksRow = host.rowDims > 0 && host.dims.every((_, d) => isOpen(d) === d >= firstRow);
    return lacksRow && guest.rowDims === 0 ? { host, guest, pairs } : null;
  }
  if (guest.rowDims === 0) return { host, guest, pairs };
  // Two rows must be one.
  const guestRow = guest.dims.length - guest.rowDims;
  const same = pairs.every((e, d) => e >= guestRow === d >= firstRow);
  return same ? { host, guest, pairs } : null;
}
