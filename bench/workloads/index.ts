import type { Workload, WorkloadId } from "../types.ts";
import { elementwise1e6 } from "./elementwise.ts";
import { charGpt } from "./gpt.ts";
import { lenet5 } from "./lenet.ts";
import { squareMatmul } from "./matmul.ts";
import { mlpAdam, mlpSgd } from "./mlp.ts";
import { xor } from "./xor.ts";

export const workloads: Readonly<Record<WorkloadId, Workload>> = {
  xor,
  mlpSgd,
  mlpAdam,
  lenet5,
  charGpt,
  elementwise1e6,
  matmul256: squareMatmul(256),
  matmul512: squareMatmul(512),
  matmul1024: squareMatmul(1024),
};
