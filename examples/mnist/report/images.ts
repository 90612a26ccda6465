import { encode } from "fast-png";
import { Html } from "./html.ts";

/** The ends of the diverging scale; what lies between is transparent, so any background serves. */
const POSITIVE = [224, 100, 20] as const;
const NEGATIVE = [36, 110, 220] as const;
/** Few levels make small files; more are not seen on images of this size. */
const LEVELS = 24;

/** A digit as black ink of varying thickness on nothing; a dark page inverts it. */
export function digitImage(pixels: Uint8Array, alt: string): Html {
  const data = new Uint8Array(2 * pixels.length);
  pixels.forEach((ink, i) => (data[2 * i + 1] = ink));
  return image(data, 2, alt, "digit");
}

/**
 * A neuron's weights: orange where ink speaks for it, blue where ink speaks against it, as strongly
 * as the weight is large beside the neuron's largest ones.
 */
export function weightImage(weights: Float32Array): Html {
  const top = percentile(weights.map(Math.abs), 0.995);
  const data = new Uint8Array(4 * weights.length);
  weights.forEach((weight, i) => {
    const strength = top > 0 ? Math.min(1, Math.abs(weight) / top) : 0;
    const level = Math.round(LEVELS * strength) / LEVELS;
    if (level === 0) return;
    data.set(weight > 0 ? POSITIVE : NEGATIVE, 4 * i);
    data[4 * i + 3] = Math.round(255 * level);
  });
  // One text describes all of them; they carry none of their own.
  return image(data, 4, "", "neuron");
}

/** Square, row after row. */
function image(data: Uint8Array, channels: 2 | 4, alt: string, kind: string): Html {
  const side = Math.sqrt(data.length / channels);
  const png = encode(
    { width: side, height: side, data, channels, depth: 8 },
    { zlib: { level: 9 } },
  );
  const uri = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  return new Html(
    `<img class="${kind}" width="${side}" height="${side}" alt="${alt}" src="${uri}">`,
  );
}

function percentile(values: Float32Array, fraction: number): number {
  const sorted = values.toSorted();
  return sorted[Math.floor(fraction * (sorted.length - 1))] ?? 0;
}
