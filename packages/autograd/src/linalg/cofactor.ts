// Cofactors and their derivatives, right at singular matrices, too.
import { determinantLu, factorLu } from "./lu.ts";
import { balancedProduct, product, transposed } from "./matrix.ts";
import { singularValues } from "./svd.ts";

/**
 * The k-th derivative of the matrix of cofactors along k directions; for k = 0 the cofactors.
 *
 * With A = U·S·Vᵀ and directions UᵀBV = M, det(A + X) = det(U)·det(V)·det(S + UᵀXV). S is diagonal, so
 * in the expansion of that determinant the rows that come from S are fixed points of the permutation:
 * what is left are permutations of the few rows r₀ … rₖ that come from the directions,
 *
 *   C[r₀, π(r₀)] += sign(π) · Π_{a ≥ 1} Mₐ[rₐ, π(rₐ)] · Π_{l not in r} s_l.
 *
 * Nothing is divided by, so that singular values of 0, any number of them, need no special case.
 */
export function cofactorDerivative(
  a: Float64Array,
  directions: readonly Float64Array[],
  n: number,
): Float64Array {
  const { left, values, right } = singularValues(a, n, n);
  const sign = orientationOf(left, n) * orientationOf(right, n);
  const v = transposed(right, n, n);
  const moved = directions.map((b) => product(product(left, b, n, n, n), v, n, n, n));
  const inner = new Float64Array(n * n);
  const permutations = permutationsOf(moved.length + 1);
  const rows: number[] = [];
  const visit = (): void => {
    if (rows.length === moved.length + 1) return accumulate();
    for (let r = 0; r < n; r++) {
      if (rows.includes(r)) continue;
      rows.push(r);
      visit();
      rows.pop();
    }
  };
  const accumulate = (): void => {
    const rest = sign * balancedProduct(values, rows);
    if (rest === 0) return;
    for (const { order, parity } of permutations) {
      let term = parity * rest;
      moved.forEach((m, i) => (term *= m[rows[i + 1] * n + rows[order[i + 1]]]));
      inner[rows[0] * n + rows[order[0]]] += term;
    }
  };
  visit();
  return product(product(transposed(left, n, n), inner, n, n, n), right, n, n, n);
}

/** The determinant of an orthogonal matrix: 1 or -1 (NaN for NaN). */
function orientationOf(q: Float64Array, n: number): number {
  const lu = q.slice();
  const pivots = new Int32Array(n);
  factorLu(lu, n, pivots);
  return Math.sign(determinantLu(lu, n, pivots));
}

interface Permutation {
  readonly order: readonly number[];
  readonly parity: number;
}

function permutationsOf(count: number): Permutation[] {
  if (count === 0) return [{ order: [], parity: 1 }];
  return permutationsOf(count - 1).flatMap(({ order, parity }) =>
    Array.from({ length: count }, (_, at) => ({
      order: order.toSpliced(at, 0, count - 1),
      parity: (count - 1 - at) % 2 === 0 ? parity : -parity,
    })),
  );
}
