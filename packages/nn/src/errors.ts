import { WengertError, type Complaint } from "@wengert/autograd";

/** What is wrong with a state dict, by the names of its entries. */
export interface StateDictProblems {
  /** Names of the model that the state lacks. */
  readonly missing: readonly string[];
  /** Names of the state that the model lacks. */
  readonly unexpected: readonly string[];
  /** Entries of another shape or dtype, with what was expected and what came. */
  readonly mismatched: readonly string[];
}

/** A state dict that does not fit the model. Nothing of it has been loaded. */
export class StateDictError extends WengertError implements StateDictProblems {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly string[];

  constructor(complaint: Complaint, problems: StateDictProblems) {
    super(complaint);
    this.missing = problems.missing;
    this.unexpected = problems.unexpected;
    this.mismatched = problems.mismatched;
  }
}
