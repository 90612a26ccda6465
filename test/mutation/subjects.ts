// What is made wrong.
import * as autograd from "@wengert/autograd";
import { checkNames, opsOf } from "@wengert/autograd/testing";
import type { OpFunction } from "@wengert/autograd";
import { scanned } from "./loop.ts";

export interface MutationSubject {
  readonly f: OpFunction;
  /** The checks that it is held to. */
  readonly checks: readonly string[];
}

/** The op of a loop is made for tensors of one dtype. */
const ofAnyDType = new Set(["float32", "integers", "edges"]);

export const subjects: readonly MutationSubject[] = [
  ...opsOf(autograd).map((f) => ({ f, checks: checkNames })),
  { f: scanned, checks: checkNames.filter((name) => !ofAnyDType.has(name)) },
];
