import { expect, it } from "vitest";
import * as w from "@wengert/autograd";
import { ones, tensor, type Tensor, type WengertError } from "@wengert/autograd";

/** The ops without the shapes that TypeScript checks: these calls do not compile otherwise. */
export const loose = w as unknown as Record<string, (...args: unknown[]) => Tensor>;
export const int = (values: unknown): Tensor => tensor(values as number[], { dtype: "int32" });
export const x23 = ones([2, 3]) as Tensor;

type ErrorClass = new (...args: never[]) => WengertError;
export type Case = [call: string, f: () => unknown, error: ErrorClass, message: string];

/** One it() for each case; the fix is the sentence after the values that came. */
export function table(cases: readonly Case[]): void {
  it.each(cases)("%s", (_, f, error, message) => {
    let thrown: unknown;
    try {
      f();
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBeInstanceOf(error);
    const { message: text, name, where, expected, got, fix } = thrown as WengertError;
    expect(text).toContain(message);
    expect(text).toBe(`${where}: expected ${expected}, got ${got}. ${fix}`);
    expect(name).toBe(error.name);
    expect(fix).toMatch(/^[A-Z0-9-].*\.$/);
    expect(text).not.toMatch(/undefined|\[object|NaN to|got null in/);
  });
}
