import * as autograd from "@wengert/autograd";
import * as compile from "@wengert/compile";
import * as nn from "@wengert/nn";
import * as optim from "@wengert/optim";
import * as wengert from "wengert";
import * as testing from "wengert/testing";
import { expect, it } from "vitest";

type Exports = Record<string, unknown>;

it.each<[string, Exports]>([
  ["autograd", autograd],
  ["compile", compile],
  ["nn", nn],
  ["optim", optim],
])("has all of %s", (_, exports) => {
  // Two packages may export one name only if it is one thing; else `export *` would drop it silently.
  const all = wengert as Exports;
  const missing = Object.keys(exports).filter((name) => all[name] !== exports[name]);
  expect(missing).toEqual([]);
});

it("has the packages as namespaces, and the checks", () => {
  expect(wengert.nn.Linear).toBe(wengert.Linear);
  expect(() => testing.checkOp(wengert.sin, { runs: 1 })).not.toThrow();
});
