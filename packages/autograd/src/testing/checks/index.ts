// All checks, in order: the columns of every report.
import type { Check } from "./check.ts";
import { extremes } from "./extremes.ts";
import { aliases, batching, broadcast, strides } from "./layouts.ts";
import { adjoint, forward, reverse, secondOrder, taylor, thirdOrder } from "./modes.ts";
import { determinism, edges, float32, integers, value } from "./values.ts";

export const checks: readonly Check[] = [
  value,
  reverse,
  forward,
  adjoint,
  secondOrder,
  thirdOrder,
  taylor,
  batching,
  float32,
  integers,
  extremes,
  edges,
  strides,
  aliases,
  broadcast,
  determinism,
];
