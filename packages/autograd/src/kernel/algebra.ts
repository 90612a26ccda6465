// The scalar algebra: its functions, and those that are made of them.
export * from "./scalar.ts";
export * from "./special/arcs.ts";
export * from "./special/erfinv.ts";
export * from "./special/gamma.ts";
export * from "./special/hyperbolic.ts";
export * from "./special/plane.ts";
