import { WengertError } from "@wengert/autograd";

/** A compiled program that could not be loaded, or that did not run to its end. */
export class CompiledProgramError extends WengertError {}
