import {
  dependsOn,
  dependsOnFields,
  OptionError,
  requireTensor,
  Tensor,
  type Apply,
  type Check,
  type FN,
  type ForwardOut,
  type ShapeFn,
  type ShapeOf,
} from "@wengert/autograd";
import { isLeaf, isParameter } from "./parameter.ts";
import { loadInto, type LoadOptions, type LoadReport, type StateDict } from "./state.ts";

/** Is told of each forward pass: the module, its input and its output. */
export type ForwardHook = (module: Module, input: Tensor, output: Tensor) => void;

const none: readonly ForwardHook[] = [];

/**
 * The base of layers and models: a function of a tensor that has parameters.
 *
 * What a module consists of is found in its fields: tensors, modules, and arrays or plain objects
 * of them. A tensor made by `parameter()`, or with requiresGrad, is a parameter; other tensors are
 * buffers, which are saved but not trained. Private `#fields` are not looked at, nor are tensors
 * that were computed on the tape. Names are the paths of fields, as in PyTorch: "0.weight",
 * "encoder.layers.2.bias".
 *
 * F says at compile time what becomes of the shape: IdFn for a layer that keeps it, DynFn where
 * nothing is known.
 * @example
 * class Residual extends Module<IdFn> {
 *   readonly inner = new Linear(16, 16);
 *   protected run(x: Tensor): Tensor {
 *     return add(x, relu(this.inner.forward(x)));
 *   }
 * }
 */
export abstract class Module<F extends ShapeFn = ShapeFn> {
  /** Only for the type checker: what becomes of the shape. */
  declare readonly [FN]?: F;
  #training = true;
  /** Never changed in place: a compiled function can tell whether they are others. */
  #hooks: readonly ForwardHook[] = none;

  /** Whether layers such as Dropout act as in training; see `train` and `eval`. */
  get training(): boolean {
    dependsOn(() => this.#training);
    return this.#training;
  }

  set training(on: boolean) {
    this.#training = on;
  }

  /** What the module computes. */
  protected abstract run(x: Tensor): Tensor;

  /** Applies the module to a tensor whose shape is checked at compile time and when it runs. */
  forward<T extends Tensor>(x: Check<Apply<F, ShapeOf<T>>, T>): Tensor<ForwardOut<F, ShapeOf<T>>> {
    if (!(x instanceof Tensor) || typeof this.run !== "function") this.#refuse(x);
    dependsOnFields(this);
    dependsOn(() => this.#hooks);
    const y = this.run(x as Tensor);
    for (const hook of this.#hooks) hook(this, x as Tensor, y);
    return y;
  }

  /** Calls the hook after each forward pass of this module. Returns the function that ends it. A compiled
   *  function calls it while it is recorded, with tensors that have no values yet: what the hook computes
   *  with them becomes part of the program, and to read them is an error. */
  onForward(hook: ForwardHook): () => void {
    const own: ForwardHook = (...args) => hook(...args);
    this.#hooks = [...this.#hooks, own];
    return () => {
      const rest = this.#hooks.filter((it) => it !== own);
      this.#hooks = rest.length > 0 ? rest : none;
    };
  }

  /** The named things a module may consist of: its own enumerable fields. */
  protected members(): Iterable<readonly [string, unknown]> {
    return Object.entries(this);
  }

  /** What `toString` says about this module by itself, e.g. its sizes. */
  protected describe(): string {
    return "";
  }

  /** All trainable tensors, each once: a module's own, then those of its children. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, tensor]) => tensor);
  }

  namedParameters(): [string, Tensor][] {
    return distinct(this.#tensors("").filter(([, tensor]) => isParameter(tensor)));
  }

  /** All tensors that are saved but not trained, each once. */
  buffers(): Tensor[] {
    return this.namedBuffers().map(([, tensor]) => tensor);
  }

  namedBuffers(): [string, Tensor][] {
    return distinct(this.#tensors("").filter(([, tensor]) => !isParameter(tensor)));
  }

  /** The modules that this one consists of, each once. */
  children(): Module[] {
    return this.namedChildren().map(([, module]) => module);
  }

  namedChildren(): [string, Module][] {
    return distinct(this.#parts().filter(isModuleEntry));
  }

  /** This module (named "") and all that it consists of, each once, parents first. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  namedModules(): [string, Module][] {
    const found = new Map<Module, string>();
    const visit = (module: Module, name: string): void => {
      if (found.has(module)) return;
      found.set(module, name);
      for (const [part, child] of module.namedChildren()) visit(child, join(name, part));
    };
    visit(this, "");
    return Array.from(found, ([module, name]) => [name, module]);
  }

  /** Sets the training flag of this module and of all that it consists of. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** The same as train(false). */
  eval(): this {
    return this.train(false);
  }

  /** Forgets the gradients of all parameters: `.grad` becomes null. */
  zeroGrad(): void {
    for (const tensor of this.parameters()) tensor.grad = null;
  }

  /**
   * Copies of all parameters and buffers by name, off the tape: later training does not change
   * them. A tensor that stands in two fields is there under both names.
   */
  stateDict(): StateDict {
    const copies = this.#tensors("").map(([name, tensor]) => [name, tensor.detach().clone()]);
    return Object.fromEntries(copies) as StateDict;
  }

  /**
   * Copies the values of a state dict into this model's parameters and buffers.
   * @returns The names that were missing or unexpected, which `strict: false` allows.
   * @throws StateDictError for names that do not fit (unless `strict` is false) and for entries of
   *   another shape or dtype. Then nothing has been loaded.
   * @example model.loadStateDict(saved, { strict: false });
   */
  loadStateDict(state: StateDict, options: LoadOptions = {}): LoadReport {
    const where = `${this.constructor.name}.loadStateDict`;
    return loadInto(where, this.#tensors(""), state, options);
  }

  /** The tree of modules, as PyTorch prints it. */
  toString(): string {
    const parts = [...flattened(this.members(), isPrinted)].map(
      ([name, part]) => `  (${name}): ${printed(part).replaceAll("\n", "\n  ")}\n`,
    );
    const lines = parts.length > 0 ? `\n${parts.join("")}` : "";
    const about = this.describe();
    return `${this.constructor.name}(${about}${about && lines ? "," : ""}${lines})`;
  }

  /** Node prints this in console.log. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #refuse(x: unknown): never {
    const where = `${this.constructor.name}.forward`;
    if (typeof this.run === "function") requireTensor(where, x);
    throw new OptionError({
      where,
      expected: "a method run(x) in the class, which says what the module computes",
      got: "none",
      fix: "Define run(x); forward(x) calls it.",
    });
  }

  #parts(): Entry[] {
    return [...flattened(this.members(), isPart)] as Entry[];
  }

  /** All tensors by name, under each name that they have. */
  #tensors(prefix: string, parents: readonly Module[] = []): [string, Tensor][] {
    if (parents.includes(this)) return [];
    const parts = this.#parts();
    const own = parts.filter(isTensorEntry).map(([name, x]) => [join(prefix, name), x] as const);
    const rest = parts.filter(isModuleEntry).flatMap(([name, module]) =>
      // A module may refer back to one that it is part of.
      module.#tensors(join(prefix, name), [...parents, this]),
    );
    return [...own, ...rest] as [string, Tensor][];
  }
}

type Entry = [string, Tensor | Module];

const join = (prefix: string, name: string): string => (prefix === "" ? name : `${prefix}.${name}`);

const isModuleEntry = (entry: Entry): entry is [string, Module] => entry[1] instanceof Module;
const isTensorEntry = (entry: Entry): entry is [string, Tensor] => entry[1] instanceof Tensor;

const isPart = (value: unknown): boolean =>
  value instanceof Module || (value instanceof Tensor && isLeaf(value));

const isPrinted = (value: unknown): boolean =>
  value instanceof Module || typeof value === "function";

const printed = (part: unknown): string =>
  typeof part === "function" ? part.name || "function" : String(part);

/** Members, and those of arrays and plain objects among them, under dotted names. */
function* flattened(
  members: Iterable<readonly [string, unknown]>,
  isWanted: (value: unknown) => boolean,
  containers: readonly unknown[] = [],
): Generator<[string, unknown]> {
  for (const [name, value] of members) {
    if (isWanted(value)) yield [name, value];
    else if (isContainer(value) && !containers.includes(value)) {
      const inner = flattened(Object.entries(value), isWanted, [...containers, value]);
      for (const [part, found] of inner) yield [`${name}.${part}`, found];
    }
  }
}

function isContainer(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Each value once, under its first name. */
function distinct<T>(entries: readonly [string, T][]): [string, T][] {
  const seen = new Set<T>();
  return entries.filter(([, value]) => !seen.has(value) && seen.add(value));
}
