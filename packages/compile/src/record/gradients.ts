// What becomes of the gradients of tensors of the surroundings while a function is recorded.
import type { Tensor } from "@wengert/autograd";
import { AbstractStorage } from "./abstract.ts";

/** What a call does to the `.grad` of a tensor. */
export interface GradientEffect {
  readonly owner: Tensor;
  /** The number of the output that it takes; null where it is cleared. */
  readonly output: number | null;
}

interface Account {
  /** As it was before the recording. */
  readonly before: Tensor | null;
  /** Cleared or replaced before it was read: what was there does not count. */
  readonly isTransient: boolean;
  /** What stands for the gradient that was there. */
  readonly stand: Tensor | null;
}

export class GradientLedger {
  private readonly accounts = new Map<Tensor, Account>();
  private readonly standIn: (like: Tensor) => Tensor;
  private isBusy = false;
  readonly captured: (() => Tensor)[] = [];
  /** Whether there was a gradient, of which shape and dtype: part of what a program depends on. */
  readonly guards: { read: () => unknown; value: unknown }[] = [];

  /** `standIn` makes the tensor that stands for a gradient that was there before the call. */
  constructor(standIn: (like: Tensor) => Tensor) {
    this.standIn = standIn;
  }

  read(owner: Tensor): void {
    this.quietly(() => {
      if (!isOutside(owner) || this.accounts.has(owner)) return;
      const before = owner.grad;
      const stand = before === null ? null : this.standIn(before);
      this.accounts.set(owner, { before, isTransient: false, stand });
      this.guards.push({ read: () => kindOf(owner.grad), value: kindOf(before) });
      if (stand === null) return;
      this.captured.push(() => owner.grad!);
      owner.grad = stand;
    });
  }

  write(owner: Tensor): void {
    this.quietly(() => {
      if (!isOutside(owner) || this.accounts.has(owner)) return;
      this.accounts.set(owner, { before: owner.grad, isTransient: true, stand: null });
    });
  }

  /** The effects; `output` makes a tensor an output and yields its number. */
  finish(keepGrads: boolean, output: (grad: Tensor) => number): GradientEffect[] {
    return this.quietly(() =>
      [...this.accounts].flatMap(([owner, { isTransient, stand }]) => {
        const grad = owner.grad;
        if (grad !== null && grad === stand) return [];
        const isKept = grad !== null && (keepGrads || !isTransient);
        return [{ owner, output: isKept ? output(grad) : null }];
      }),
    )!;
  }

  restore(): void {
    this.quietly(() => {
      for (const [owner, { before }] of this.accounts) owner.grad = before;
    });
  }

  /** Looks at gradients without noting it. */
  private quietly<R>(f: () => R): R | undefined {
    if (this.isBusy) return undefined;
    this.isBusy = true;
    try {
      return f();
    } finally {
      this.isBusy = false;
    }
  }
}

/** Tensors of the recording itself end with it. */
const isOutside = ({ box, storage }: Tensor): boolean =>
  box === null && !(storage instanceof AbstractStorage);

const kindOf = (grad: Tensor | null): string =>
  grad === null ? "none" : `${grad.dtype} ${grad.shape.join()}`;
