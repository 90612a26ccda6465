// The error function's complement and the normal distribution, against values computed in 40 digits.
import { describe, expect, it } from "vitest";
import { grad, normPdf, ndtr, sum, tensor, type Tensor } from "@wengert/autograd";
import { primitives } from "@wengert/autograd/compiler";

const float64 = { dtype: "float64" } as const;

/** x, Φ(x), φ(x), erfc(−x). */
const table = [
  [-20.3, 6.429244467698346e-92, 1.308288554681529e-90, 2.985318180601636e-181],
  [-8.1, 2.7479593923982286e-16, 2.2588094031543087e-15, 2.216308572065754e-30],
  [-4, 3.1671241833119924e-5, 0.00013383022576488534, 1.541725790028002e-8],
  [-1.25, 0.10564977366685525, 0.18264908538902191, 0.07709987174354177],
  [-0.3, 0.3820885778110474, 0.3813878154605241, 0.6713732405408726],
  [0.7, 0.758036347776927, 0.31225393336676127, 1.6778011938374184],
  [3.3, 0.9995165758576162, 0.0017225689390536812, 1.9999969422902035],
];

describe("ndtr, normPdf and the scalar erfc", () => {
  it.each(table)("are precise at %d", (x, distribution, density, complement) => {
    const near = (got: number, want: number) =>
      expect(Math.abs(got / want - 1), `${got}, ${want}`).toBeLessThanOrEqual(2e-15);
    near(ndtr(tensor(x, float64)).item(), distribution);
    near(normPdf(tensor(x, float64)).item(), density);
    near(grad((t: Tensor) => ndtr(t))(tensor(x, float64)).item(), density);
    near(primitives.erfc.float(-x), complement);
  });

  it("keep infinities, NaN and the smallest numbers", () => {
    const x = tensor([-Infinity, -38, 0, Infinity, NaN], float64);
    const [lowest, tiny, ...rest] = ndtr(x).toArray() as number[];
    expect([lowest, ...rest]).toEqual([0, 0.5, 1, NaN]);
    // The last denormals: 0.5·10⁻³²³ from one to the next.
    expect(Math.abs(tiny - 2.88542835e-316)).toBeLessThanOrEqual(1e-323);
    const slope = grad((t: Tensor) => sum(normPdf(t)))(x).toArray() as number[];
    expect(slope.map((it) => it + 0)).toEqual([0, slope[1], 0, 0, NaN]);
    // 38·φ(−38), which is 38 times as coarse as the denormal φ.
    expect(Math.abs(slope[1] / 4.16944e-313 - 1)).toBeLessThan(1e-5);
    expect([0, -0, Infinity, -Infinity].map((x) => primitives.erfc.float(x))).toEqual([1, 1, 0, 2]);
  });
});
