// The checks as matchers of vitest. Importing this file makes them known to `expect`:
//
//   import "@wengert/autograd/vitest";
//   expect(swish).toPassGradcheck();
import { expect } from "vitest";
import { describe } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Mode } from "./derivatives.ts";
import type { Fn } from "./diagnose.ts";
import { gradcheck } from "./gradcheck.ts";
import { isSubject } from "./subject.ts";
import { checkOp } from "./suite.ts";

export type { Mode } from "./derivatives.ts";

export interface GradcheckMatcherOptions {
  /** For a plain function: the float64 tensors to check it at. Ops and checkable functions draw samples. */
  readonly inputs?: readonly Tensor[];
  /** For a plain function: derivatives up to this order. Default: 2. */
  readonly order?: number;
  readonly rtol?: number;
  readonly atol?: number;
  readonly modes?: readonly Mode[];
  /** For ops and checkable functions: as in checkOp. */
  readonly runs?: number;
  readonly seed?: number;
  readonly path?: string;
  readonly only?: readonly string[];
}

interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

const forFunctions = ["inputs", "order", "rtol", "atol", "modes"] as const;
const forSubjects = ["runs", "seed", "path", "only"] as const;

/** Passes where the check does not throw; the message is that of what it throws. */
function toPassGradcheck(received: unknown, options: GradcheckMatcherOptions = {}): Verdict {
  const name = (received as { name?: string } | null)?.name || "the function";
  try {
    run(received, options);
    return { pass: true, message: () => `${name} passes the gradient check, but should not` };
  } catch (error) {
    // What the user did wrong is an error for `not`, too.
    if (error instanceof OptionError) throw error;
    return { pass: false, message: () => (error instanceof Error ? error.message : String(error)) };
  }
}

function run(received: unknown, options: GradcheckMatcherOptions): void {
  const where = "toPassGradcheck";
  if (isSubject(received) && options.inputs === undefined) {
    checkOptions(where, options, forSubjects);
    checkOp(received, options);
    return;
  }
  checkOptions(where, options, forFunctions);
  const { inputs, order = 2, ...rest } = options;
  if (typeof received !== "function" || inputs === undefined) {
    throw new OptionError({
      where,
      expected: "an op, a checkable function, or a function with { inputs }",
      got: typeof received === "function" ? "a function without inputs" : describe(received),
      fix: "Write expect(f).toPassGradcheck({ inputs: [x] }), or export checkable(f, samples).",
    });
  }
  gradcheck(received as Fn, inputs, { order, ...rest });
}

expect.extend({ toPassGradcheck });

declare module "vitest" {
  // The parameters are those of the declaration that this one adds to.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /**
     * Holds an op, or a function made `checkable`, to all checks of the suite; another function to
     * finite differences at `inputs`, in both modes and up to the second order.
     * @example expect(swish).toPassGradcheck();
     * @example expect((x) => sum(sin(x))).toPassGradcheck({ inputs: [x] });
     */
    toPassGradcheck(options?: GradcheckMatcherOptions): R;
  }
}
