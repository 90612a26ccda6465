// All packages under one name. Most of what two of them export is one and the same (an activation that
// stands beside the layers, say).
export * from "@wengert/autograd";
export * from "@wengert/compile";
export * from "@wengert/nn";
export * from "@wengert/optim";

// Here a layer has the name of the type that computes an op's shape: the layer is what is meant.
export { Embedding, Flatten } from "@wengert/nn";

export * as autograd from "@wengert/autograd";
export * as compiler from "@wengert/compile";
export * as nn from "@wengert/nn";
export * as optim from "@wengert/optim";
