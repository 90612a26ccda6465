import { compile, type Compiled } from "@wengert/compile";

type Step = (...args: never[]) => unknown;

/** A training step, or another function of tensors, as one WebAssembly program; or as it is. */
export function prepare<F extends Step>(step: F, { eager }: { readonly eager: boolean }): F {
  return eager ? step : compile(step);
}

/** How the threads shared the latest call of a compiled step, as SVG; nothing for an eager one. */
export function timelineOf(step: Step): string | undefined {
  return isCompiled(step) ? step.explain().toSvg() : undefined;
}

const isCompiled = (step: Step): step is Compiled<Step> => "explain" in step;
