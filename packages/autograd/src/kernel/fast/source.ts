// Generated code: loops over typed arrays whose dtypes, strides and scalar expression stand in the
// text are several times as fast as loops that are open to all of them.

/** Pages with a strict content security policy forbid `new Function`. */
export function canGenerate(): boolean {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- this asks whether it is allowed
    return (new Function("return true") as () => boolean)();
  } catch {
    return false;
  }
}

type Factory = (...captured: unknown[]) => unknown;

const limit = 4096;
const factories = new Map<string, Factory>();

/** The text of a function and the values that it captures. Sizes, strides, constants and functions
 *  are captured, so that texts (and the machine code behind them) are shared by their form. */
export class Source {
  private readonly captured: unknown[] = [];

  /** Makes a value known to the text, and returns its name there. */
  capture(value: unknown): string {
    return `c${this.captured.push(value) - 1}`;
  }

  /** The function that an expression yields. */
  compile<F>(expression: string): F {
    const key = `${this.captured.length} ${expression}`;
    let factory = factories.get(key);
    if (!factory) {
      const names = this.captured.map((_, i) => `c${i}`);
      // The text is made here, of names and operators only; no data of a user gets into it.
      // oxlint-disable-next-line typescript/no-implied-eval -- generating code is the point
      factory = new Function(...names, `"use strict"; return ${expression};`) as Factory;
      // User-written expressions without end must not fill the memory.
      if (factories.size >= limit) factories.clear();
      factories.set(key, factory);
    }
    return factory(...this.captured) as F;
  }
}

/** A number as text. What a variable starts with stands in the text, as V8 then knows that it holds
 *  plain numbers; from a captured value it does not, and allocates one at each turn of a loop. */
export const literal = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));
