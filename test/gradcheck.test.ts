// Every exported op, over every check. Ops are found by being exported: none is named here.
// Takes long: starts among the first.
import * as autograd from "@wengert/autograd";
import { checkNames, checkOp, opsOf } from "@wengert/autograd/testing";
import { describe, inject, it } from "vitest";

// Compiled, each sample's shapes are a program of their own, and there the ops' formulas are not news.
const runs = inject("gradcheckRuns");

describe.each(opsOf(autograd).map((f) => [f.op.name, f] as const))("%s", (_, f) => {
  it.each(checkNames)("%s", (name) => checkOp(f, { only: [name], runs }));
});
