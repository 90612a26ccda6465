import { detach } from "../ops/cast.ts";
import { mapTree } from "./tree.ts";

/**
 * The same values as constants: no derivative flows through them, in neither mode. Takes a tensor or a
 * tree of tensors.
 * @example const target = stopGradient(model.forward(x));
 */
export const stopGradient = <T>(tree: T): T =>
  mapTree(tree, (leaf) => detach(leaf), "stopGradient");
