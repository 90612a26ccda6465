import { CLASSES, PIXELS } from "./data.ts";
import type { Options } from "./options.ts";

type Chosen = Pick<Options, "model" | "hidden">;

/** What a network is called where people read it: `784-300-10` or `LeNet-5`. */
export function networkName({ model, hidden }: Chosen): string {
  return model === "lenet5" ? "LeNet-5" : [PIXELS, ...hidden, CLASSES].join("-");
}

/** What it is called in the line of JSON: `mlp-784-300-10` or `lenet5`. */
export function modelName(chosen: Chosen): string {
  return chosen.model === "lenet5" ? "lenet5" : `mlp-${networkName(chosen)}`;
}

/** How its folder of results begins: `mlp-300` or `lenet5`. */
export function folderName({ model, hidden }: Chosen): string {
  return model === "lenet5" ? "lenet5" : `mlp-${hidden.join("-")}`;
}
