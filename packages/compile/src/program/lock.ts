// While a program runs, nobody may begin another; while one runs off this thread, nobody may look at
// what it reads and writes.
import { TransformError } from "@wengert/autograd";
import type { Storage } from "@wengert/autograd/compiler";
import { CompiledProgramError } from "../errors.ts";

let isRunning = false;

/** Must come before anything is changed: arguments of a running program lie where those of the next
 *  call go. @throws CompiledProgramError while a call runs, also from inside of a host op. */
export function checkIdle(): void {
  if (!isRunning) return;
  throw new CompiledProgramError({
    where: "compile",
    expected: "one compiled function to run at a time",
    got: "a call while another runs",
    fix: "Await the call before; host ops call functions that are not compiled.",
  });
}

/** Begins a call, which ends with the function that it returns. */
export function begin(): () => void {
  checkIdle();
  isRunning = true;
  return end;
}

const end = (): void => {
  isRunning = false;
};

/** Makes every use of the storages' elements an error, until the function that it returns is called. */
export function lock(storages: readonly Storage[]): () => void {
  const held = storages.map((storage) => [storage, storage.data] as const);
  for (const [storage] of held) Object.defineProperty(storage, "data", guard);
  return () => {
    for (const [storage, value] of held) {
      Object.defineProperty(storage, "data", {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  };
}

const guard: PropertyDescriptor = {
  configurable: true,
  enumerable: true,
  get: refuse,
  set: refuse,
};

function refuse(): never {
  throw new TransformError({
    where: "compile",
    expected: "tensors of a compiled function to be left alone while a call of it runs",
    got: "a use of one of them before the call was done",
    fix: "Await the Promise of the call first.",
  });
}
