// Finds the op that makes the first NaN or infinity.
import { callerLine } from "../op/caller.ts";
import { withInspector } from "../op/inspector.ts";
import type { SavedCall } from "../op/saved.ts";
import { checkFunction, checkSynchronous } from "../grad/trace.ts";
import { isFloat } from "../tensor/dtype.ts";
import { AnomalyError } from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { showElement } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface AnomalyOptions {
  /** Whether infinities are let pass, as where a mask takes them away. Default: false. */
  readonly nanOnly?: boolean;
}

/**
 * Runs f and stops at the first op that makes a NaN or an infinity of finite inputs (or a NaN of
 * infinite ones), forward or backward: the error names the op, the user's line that called it, and the
 * element. Slow: every result is looked at. What compiled functions do inside is not seen; run them eagerly.
 *
 * @throws AnomalyError with op, phase ("forward", "backward" or "jvp"), line, value and index.
 * @example
 * detectAnomaly(() => {
 *   const loss = mean(log(model.forward(x)));
 *   loss.backward();
 * });
 */
export function detectAnomaly<T>(f: () => T, options: AnomalyOptions = {}): T {
  const where = "detectAnomaly";
  checkFunction(where, f, "detectAnomaly(() => loss(x).backward())");
  checkOptions(where, options, ["nanOnly"]);
  const { nanOnly = false } = options;
  checkBoolean(where, "nanOnly", nanOnly);
  const bad = nanOnly ? Number.isNaN : (value: number) => !Number.isFinite(value);
  const lines = new WeakMap<SavedCall, string>();
  /** Rules may compute infinities that their result does not have: mulZero takes them away. */
  let rulesInside = 0;
  const run = () =>
    withInspector(
      {
        computed: (op, inputs, outputs) => {
          if (rulesInside > 0) return;
          const found = findFirst(outputs, bad);
          if (found === null || hasCause(inputs, found.value)) return;
          throw anomaly(op.name, "forward", callerLine(), found);
        },
        recorded: (call) => {
          if (rulesInside === 0) lines.set(call, callerLine());
        },
        rule: (call, input, apply) => {
          rulesInside++;
          let result;
          try {
            result = apply();
          } finally {
            rulesInside--;
          }
          if (rulesInside > 0) return result;
          const results = [result].flat().filter((it) => it !== null) as Tensor[];
          const found = findFirst(results.map(valueOf), bad);
          if (found === null) return result;
          const phase = input === null ? "jvp" : "backward";
          const line = input === null ? callerLine() : (lines.get(call) ?? "");
          throw anomaly(call.op.name, phase, line, { ...found, output: input ?? found.output });
        },
      },
      f,
    );
  return checkSynchronous(where, run());
}

interface Found {
  readonly value: number;
  readonly place: string;
  /** The number of the output, or of the input whose gradient it is. */
  readonly output: number;
}

const valueOf = (tensor: Tensor): Tensor => {
  let value = tensor;
  while (value.box) value = value.box.value;
  return value;
};

function findFirst(tensors: readonly Tensor[], bad: (value: number) => boolean): Found | null {
  for (const [output, tensor] of tensors.entries()) {
    if (!isFloat(tensor.dtype) || tensor.storage === null) continue;
    const { data } = tensor;
    const element = (data as Float64Array).findIndex(bad);
    if (element < 0) continue;
    return { value: data[element], place: showElement(element, tensor.shape), output };
  }
  return null;
}

/** An op that was given what it returns is not the first. A NaN may be made of infinities. */
function hasCause(inputs: readonly Tensor[], value: number): boolean {
  const causes = Number.isNaN(value) ? Number.isNaN : (x: number) => !Number.isFinite(x);
  return findFirst(inputs, causes) !== null;
}

function anomaly(
  op: string,
  phase: AnomalyError["phase"],
  line: string,
  { value, place, output }: Found,
): AnomalyError {
  const what = {
    forward: `finite results of ${op}`,
    backward: `a finite gradient of ${op} by its input ${output}`,
    jvp: `a finite tangent of ${op}`,
  }[phase];
  return new AnomalyError(
    {
      where: `${phase === "forward" ? op : `${phase} of ${op}`}${line && `, called${line}`}`,
      expected: what,
      got: `${value} as element ${place}`,
      fix: {
        forward: "Look at its inputs: they are all finite, or all numbers where this is NaN.",
        backward:
          "Its forward values are in range, but its slope is not: keep inputs away from there.",
        jvp: "Its forward values are in range, but its slope is not: keep inputs away from there.",
      }[phase],
    },
    { op, phase, line: line.replace(/^ at /, ""), value },
  );
}
