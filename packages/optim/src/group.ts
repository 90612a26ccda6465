import { assign, dependsOnFields, tensor, type Tensor } from "@wengert/autograd";
import { checkNonNegative } from "./errors.ts";

export interface CommonOptions {
  /** The learning rate, >= 0. Default: 1e-3. */
  readonly lr: number;
}

/** What an optimizer remembers of one parameter, by name. */
export type State = Readonly<Record<string, Tensor>>;

/** Updates one parameter, and the state with it. */
export type Update = (param: Tensor, grad: Tensor, lr: Tensor, state: State) => void;

/** Parameters that share their options. Only the learning rate changes after they are made. */
export class ParameterGroup<O extends CommonOptions = CommonOptions> {
  readonly params: readonly Tensor[];
  /** The options as the group was made with; `lr` is the rate at its start. */
  readonly options: O;
  /** The state of each parameter. */
  readonly states: readonly State[];
  /** The learning rate as a 0-d float64 tensor: compiled programs read it afresh at each call. */
  readonly learningRate: Tensor<[]>;
  readonly #update: Update;

  constructor(params: readonly Tensor[], options: O, states: readonly State[], update: Update) {
    this.params = params;
    this.options = options;
    this.states = states;
    this.learningRate = cell(options.lr);
    this.#update = update;
  }

  get lr(): number {
    return this.learningRate.item();
  }

  /** @throws OptionError for a rate that is negative or not finite. */
  set lr(rate: number) {
    checkNonNegative("lr", "lr", rate);
    assign(this.learningRate, cell(rate));
  }

  /** Updates every parameter that has a gradient. */
  step(): void {
    const { params, states, learningRate } = this;
    dependsOnFields(params);
    for (let i = 0; i < params.length; i++) {
      const { grad } = params[i];
      if (grad !== null) this.#update(params[i], grad, learningRate, states[i]);
    }
  }
}

const cell = (value: number): Tensor<[]> => tensor(value, { dtype: "float64" }) as Tensor<[]>;
