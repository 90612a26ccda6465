/** What an error says: who found it, what was expected, what came, and what to do about it. */
export interface Complaint {
  /** The op, function or option that found it. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  readonly fix: string;
}

/** The base class of every error that Wengert throws on purpose. */
export class WengertError extends Error {
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  readonly fix: string;

  constructor(complaint: Complaint, options?: ErrorOptions) {
    const { where, expected, got, fix } = complaint;
    super(`${where}: expected ${expected}, got ${got}. ${fix}`, options);
    this.name = new.target.name;
    this.where = where;
    this.expected = expected;
    this.got = got;
    this.fix = fix;
  }
}

/** Shapes that do not fit the op or each other. */
export class ShapeError extends WengertError {}

/** An axis that the tensor does not have, or that is named twice. */
export class AxisError extends ShapeError {}

/** An integer index outside of the axis that it points into. */
export class IndexRangeError extends WengertError {}

/** Element types that are mixed, or that the op does not take. */
export class DTypeError extends WengertError {}

/** Nested arrays that are ragged, or hold something that is not a number of the dtype. */
export class ValueError extends WengertError {}

/** An option or argument that is unknown, missing or out of its range. */
export class OptionError extends WengertError {}

/** A matrix that an op of linear algebra can do nothing with. */
export class LinearAlgebraError extends WengertError {}

/** A matrix without an inverse, where one is needed. */
export class SingularMatrixError extends LinearAlgebraError {}

/** A matrix that is not positive definite, where one is needed. */
export class NotPositiveDefiniteError extends LinearAlgebraError {}

/** Memory for a tensor that cannot be had. */
export class AllocationError extends WengertError {}

/** A gradient that cannot be had: no scalar, not on the tape, an integer, a freed tape. */
export class GradientError extends WengertError {}

/** A tensor that was changed after it had been saved for the backward pass. */
export class MutationError extends GradientError {}

/** A tensor read, or used, in a transform that cannot allow it. */
export class TransformError extends WengertError {}

/** A NaN or an infinity, at the op that makes it. */
export class AnomalyError extends WengertError {
  readonly op: string;
  readonly phase: "forward" | "backward" | "jvp";
  /** The user's line that called the op, as file:line; empty if not known. */
  readonly line: string;
  readonly value: number;

  constructor(complaint: Complaint, found: Pick<AnomalyError, "op" | "phase" | "line" | "value">) {
    super(complaint);
    this.op = found.op;
    this.phase = found.phase;
    this.line = found.line;
    this.value = found.value;
  }
}

/** An op's record that contradicts itself: a wrong number, shape or dtype of results. */
export class OpDefinitionError extends WengertError {}
