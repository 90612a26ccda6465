import type { TypedArray } from "./dtype.ts";

/** The memory behind a tensor and all of its views. Only `assign` writes it after its creation. */
export class Storage {
  readonly data: TypedArray;
  /** Rises with each assignment, so that backward can tell that a saved value has changed. */
  version = 0;

  constructor(data: TypedArray) {
    this.data = data;
  }
}
