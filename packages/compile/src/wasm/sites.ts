// Integers of a module that is written more than once, for different sizes: each stands in the code as
// one number above all bytes, and is written when it is known which of them depend on the size.

/** Sites are numbered from here on. */
export const firstSite = 256;

export class Sites {
  /** What each was when the module was written. */
  readonly values: number[] = [];

  /** The number of the site. */
  note(value: number): number {
    return this.values.push(value) - 1;
  }
}
