// How reports put numbers.

/** `1 check`, `2 checks`. */
export const plural = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

/** What is checked. */
export const subjects = (count: number): string =>
  count === 1 ? "1 op or function" : `${count} ops and functions`;

/** `0`, `2e-10`. */
export const showError = (error: number): string =>
  error === 0 ? "0" : error.toExponential(0).replace("e+0", "");

export const listChecks = (cells: readonly { readonly check: string }[]): string =>
  cells.map(({ check }) => check).join(", ");

export const showSeconds = (milliseconds: number): string =>
  `${(milliseconds / 1e3).toFixed(milliseconds < 9950 ? 1 : 0)} s`;
