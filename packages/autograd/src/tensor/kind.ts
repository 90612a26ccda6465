/**
 * The class of tensors for files that declare methods of it and must not import it, since it imports
 * them: it is handed in as K, and `Of<K, S>` is a tensor of shape S.
 */

/** A class of tensors as a function of the shape, which is the slot `shape`. */
export interface TensorKind {
  readonly shape: unknown;
  readonly tensor: unknown;
}

export type Of<K extends TensorKind, S> = (K & { readonly shape: S })["tensor"];
