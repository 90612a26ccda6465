// How random programs are drawn.
import fc from "fast-check";
import { modes, type Genes, type Mode } from "./program.ts";

const choice = fc.nat(1000);

export const genes = (mode?: Mode): fc.Arbitrary<Genes> =>
  fc.record({
    seed: fc.nat(1000),
    dtypes: fc.nat(2),
    mode: mode ? fc.constant(modes.indexOf(mode)) : fc.nat(modes.length - 1),
    isWild: fc.nat(5).map((n) => n === 5),
    inputs: fc.array(choice, { minLength: 1, maxLength: 4 }),
    steps: fc.array(fc.array(choice, { minLength: 9, maxLength: 9 }), {
      minLength: 1,
      maxLength: 24,
      size: "max",
    }),
    outputs: fc.array(choice, { minLength: 3, maxLength: 3 }),
  });
