import type { Generator } from "@wengert/autograd";
import { Conv2d, Flatten, Linear, MaxPool2d, relu, Sequential, type Module } from "@wengert/nn";
import { CLASSES, PIXELS, SIDE } from "./data.ts";
import type { Options } from "./options.ts";

/** A network with what it takes in. */
export interface Network {
  readonly model: Module;
  /** The shape of one image as its first layer wants it. */
  readonly inputShape: readonly number[];
}

export function createNetwork({ model, hidden }: Options, generator: Generator): Network {
  return model === "lenet5"
    ? { model: lenet5(generator), inputShape: [1, SIDE, SIDE] }
    : { model: fullyConnected(hidden, generator), inputShape: [PIXELS] };
}

function fullyConnected(hidden: readonly number[], generator: Generator): Module {
  const sizes = [PIXELS, ...hidden, CLASSES];
  const layers = sizes.slice(1).flatMap((out, i) => {
    const linear = new Linear(sizes[i], out, { generator });
    return i < hidden.length ? [linear, relu] : [linear];
  });
  return new Sequential(...layers);
}

/**
 * LeNet-5 (Y. LeCun et al. 1998, fig. 2) as it is built today: relu for tanh, maxima for trained
 * means, all maps of the first layer seen by all of the second, logits for distances.
 */
function lenet5(generator: Generator): Module {
  return new Sequential(
    new Conv2d(1, 6, 5, { padding: 2, generator }),
    relu,
    new MaxPool2d(2),
    new Conv2d(6, 16, 5, { generator }),
    relu,
    new MaxPool2d(2),
    new Flatten(),
    new Linear(400, 120, { generator }),
    relu,
    new Linear(120, 84, { generator }),
    relu,
    new Linear(84, CLASSES, { generator }),
  );
}
