import { availableParallelism, cpus, release, type } from "node:os";

export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${model}, ${availableParallelism()} cores, ${type()} ${release()} ${process.arch}`;
}
