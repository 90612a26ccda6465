// The error function and its relatives in double precision, by the rational approximations of
// W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), with
// the coefficients of his CALERF: erf near 0, e^(x²)·erfc(x) in two ranges further out.

/** The error function 2/√π ∫₀ˣ e^(−t²) dt. */
export function erf(x: number): number {
  const y = Math.abs(x);
  if (y <= 0.46875) return x * quotient(near, x * x);
  return Math.sign(x) * (1 - gaussian(y, 1) * tail(y));
}

/** 1 − erf x, precise where that is small: to the last denormal at 27.2. */
export function erfc(x: number): number {
  const y = Math.abs(x);
  if (y <= 0.46875) return 1 - erf(x);
  const rest = gaussian(y, 1) * tail(y);
  return x < 0 ? 2 - rest : rest;
}

/** The distribution function of the normal distribution, 1/√(2π) ∫ e^(−t²/2) dt from −∞ to x. It is
 *  erfc(−x/√2)/2, but the rounding of that argument would cost x² times as much. */
export function ndtr(x: number): number {
  const y = Math.abs(x) * Math.SQRT1_2;
  if (y <= 0.46875) return 0.5 + 0.5 * erf(x * Math.SQRT1_2);
  const rest = 0.5 * gaussian(Math.abs(x), 0.5) * tail(y);
  return x > 0 ? 1 - rest : rest;
}

/** e^(−x²/2), without the error that a rounded square brings into the exponent. */
export const gauss = (x: number): number => gaussian(Math.abs(x), 0.5);

/** e^(−scale·y²) for y ≥ 0 and a scale of 1 or ½, with y² split such that the large part is exact. */
function gaussian(y: number, scale: number): number {
  if (y > 40) return 0;
  const head = Math.trunc(y * 16) / 16;
  return Math.exp(-scale * head * head) * Math.exp(-scale * (y - head) * (y + head));
}

/** e^(y²)·erfc(y) for y > 0.46875. */
function tail(y: number): number {
  if (y <= 4) return quotient(middle, y);
  const z = 1 / (y * y);
  return (1 / Math.sqrt(Math.PI) - z * quotient(far, z)) / y;
}

/** A quotient of two polynomials, as coefficients from the highest power down. */
interface Rational {
  readonly top: readonly number[];
  readonly bottom: readonly number[];
}

const quotient = ({ top, bottom }: Rational, x: number): number => {
  let [p, q] = [0, 0];
  for (let i = 0; i < top.length; i++) {
    p = p * x + top[i];
    q = q * x + bottom[i];
  }
  return p / q;
};

const near: Rational = {
  top: [
    0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302,
    3209.3775891384694,
  ],
  bottom: [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
};

const middle: Rational = {
  top: [
    2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163,
    298.6351381974001, 881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
  ],
  bottom: [
    1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903,
    3290.7992357334597, 4362.619090143247, 3439.3676741437216, 1230.3393548037495,
  ],
};

const far: Rational = {
  top: [
    0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926,
    0.016083785148742275, 0.0006587491615298378,
  ],
  bottom: [
    1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132,
    0.0023352049762686918,
  ],
};
