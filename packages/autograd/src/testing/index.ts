export { GradcheckError, GradcheckInputError, OpCheckError, type Mismatch } from "./errors.ts";
export { gradcheck, type GradcheckOptions, type GradcheckResult } from "./gradcheck.ts";
export { checkNames, checkOp, checkOps, opsOf, type OpCheckOptions } from "./suite.ts";
