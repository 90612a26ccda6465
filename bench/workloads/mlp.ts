// Common networks: most of a step is matrix products.
import { Generator } from "@wengert/autograd";
import { Linear, relu, Sequential, type Layer } from "@wengert/nn";
import { Adam, SGD } from "@wengert/optim";
import type { Workload } from "../types.ts";
import { randomBatch } from "./data.ts";
import { trainingStep } from "./train.ts";

export interface MlpOptions {
  readonly batch: number;
  /** Sizes of the layers, the input's first and the classes last. */
  readonly sizes: readonly number[];
  readonly optimizer: "SGD" | "Adam";
}

export function mlp({ batch, sizes, optimizer }: MlpOptions): Workload {
  return {
    title: `MLP ${sizes.join("-")}, batch ${batch}, ${optimizer}`,
    prepare: (compile) => {
      const generator = new Generator(1);
      const layers: Layer[] = [];
      for (const [i, outputs] of sizes.slice(1).entries()) {
        if (i > 0) layers.push(relu);
        layers.push(new Linear(sizes[i]!, outputs, { generator }));
      }
      const model = new Sequential(...layers);
      const { x, labels } = randomBatch([batch, sizes[0]!], sizes.at(-1)!, generator);
      const parameters = model.parameters();
      const training = {
        forward: (input: typeof x) => model.forward(input),
        optimizer:
          optimizer === "SGD"
            ? new SGD(parameters, { lr: 0.01 })
            : new Adam(parameters, { lr: 1e-3 }),
      };
      return trainingStep(compile, training, x, labels);
    },
  };
}

export const mlpSgd = mlp({ batch: 64, sizes: [784, 256, 10], optimizer: "SGD" });
export const mlpAdam = mlp({ batch: 256, sizes: [784, 512, 512, 10], optimizer: "Adam" });
