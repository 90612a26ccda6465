export type { Mode } from "./derivatives.ts";
export type { Diagnosis } from "./diagnose.ts";
export { kinksOf, sampleOf, type CheckResult, type Failure } from "./engine.ts";
export { GradcheckError, GradcheckInputError, OpCheckError, type Mismatch } from "./errors.ts";
export { gradcheck, type GradcheckOptions, type GradcheckResult } from "./gradcheck.ts";
export { isSubject, type Checkable } from "./subject.ts";
export {
  checkInfos,
  checkNames,
  checkOp,
  checkOps,
  checkResults,
  opsOf,
  subjectsOf,
  type CheckInfo,
  type OpCheckOptions,
} from "./suite.ts";
export { remainderSlope, type Slope } from "./taylor.ts";
