import { compile, setWideVectors, type Compiled } from "@wengert/compile";

type Step = (...args: never[]) => unknown;

/** A training step, or another function of tensors, as one WebAssembly program; or as it is. Products use vectors of
 *  256 bits where these are to be had: the process is ours, so V8 may be told. */
export function prepare<F extends Step>(step: F, { eager }: { readonly eager: boolean }): F {
  if (eager) return step;
  setWideVectors(true);
  return compile(step);
}

/** How the threads shared the latest call of a compiled step, as SVG; nothing for an eager one. */
export function timelineOf(step: Step): string | undefined {
  return isCompiled(step) ? step.explain().toSvg() : undefined;
}

const isCompiled = (step: Step): step is Compiled<Step> => "explain" in step;
