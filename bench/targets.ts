import type { WorkloadId } from "./types.ts";

export const PEERS = ["pytorch", "jaxjs", "tfjsWasm"] as const;
export type Peer = (typeof PEERS)[number];

type Ratios = Readonly<Record<Peer, number | null>>;

const ratios = (pytorch: number, jaxjs: number | null, tfjsWasm: number | null): Ratios => ({
  pytorch,
  jaxjs,
  tfjsWasm,
});

const matmul = ratios(2.4, 0.32, 0.36);

/** What we want of our best compiled time divided by the peer's best: no more than this. */
export const targets: Readonly<Record<WorkloadId, Ratios>> = {
  xor: ratios(0.04, 0.05, 0.02),
  mlpSgd: ratios(0.95, 0.22, 0.035),
  mlpAdam: ratios(1.3, 0.28, 0.025),
  lenet5: ratios(0.6, 0.004, null),
  charGpt: ratios(0.75, null, null),
  elementwise1e6: ratios(0.25, 0.07, 0.04),
  matmul256: matmul,
  matmul512: matmul,
  matmul1024: matmul,
};
