// Every float32 there is, through the approximated functions: `npm run ulps`, or `npm run ulps -- tanh exp`.
// It takes about an hour; the tests look at every 8209th float and densely where something changes. Prints the
// largest error of each function in units in the last place, without and with fused multiply-add, and fails
// where one is over 2.
import { approximations, valuesOf } from "./approximations.ts";
import { ulps32, variants } from "./vector.support.ts";

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !(name in approximations));
if (unknown !== undefined) {
  console.error(`expected names of ${Object.keys(approximations).join(", ")}, got ${unknown}`);
  process.exit(1);
}

/** Floats at a time. */
const block = 2 ** 20;

for (const [name, exact] of Object.entries(approximations)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  for (const features of variants) {
    let worst = { error: 0, x: 0, y: 0 };
    const bits = new Uint32Array(block);
    const xs = new Float32Array(bits.buffer);
    for (let start = 0; start < 2 ** 32; start += block) {
      for (let i = 0; i < block; i++) bits[i] = start + i;
      const ys = valuesOf(name, xs, features);
      for (let i = 0; i < block; i++) {
        const wanted = exact(xs[i]);
        // Most are right to the last bit, but a zero may have the wrong sign.
        if (ys[i] === Math.fround(wanted) && ys[i] !== 0) continue;
        const error = ulps32(ys[i], wanted);
        if (!(error <= worst.error)) worst = { error, x: xs[i], y: ys[i] };
      }
    }
    const how = features.relaxedSimd ? "fused" : "plain";
    console.log(
      `${name}, ${how}: ${worst.error.toFixed(4)} ulp at ${worst.x}, where it is ${worst.y}`,
    );
    if (!(worst.error <= 2)) process.exitCode = 1;
  }
}
