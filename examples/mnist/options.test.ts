import { describe, expect, test } from "vitest";
import { DEFAULT_EPOCHS, DEFAULT_LEARNING_RATE, DEFAULTS } from "./defaults.ts";
import { UsageError } from "../shared/errors.ts";
import { HELP } from "./help.ts";
import { parseOptions } from "./options.ts";

function failure(...args: string[]): UsageError {
  try {
    parseOptions(args);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`${args.join(" ")} was accepted`);
}

describe("parseOptions", () => {
  test("gives the defaults where nothing is asked for", () => {
    expect(parseOptions([])).toEqual({
      ...DEFAULTS,
      epochs: DEFAULT_EPOCHS[DEFAULTS.model],
      lr: DEFAULT_LEARNING_RATE[DEFAULTS.optimizer],
      eager: false,
      out: undefined,
      json: false,
      help: false,
    });
  });

  test("reads every option, with a space or an equals sign before the value", () => {
    const args = "--hidden 300,100 --epochs=3 --batch 32 --lr 1e-2 --optimizer sgd --seed 0";
    expect(
      parseOptions([...args.split(" "), "--limit=500", "--out", "here", "--json", "--eager"]),
    ).toEqual({
      model: "mlp",
      hidden: [300, 100],
      epochs: 3,
      batch: 32,
      lr: 0.01,
      optimizer: "sgd",
      seed: 0,
      limit: 500,
      eager: true,
      out: "here",
      json: true,
      help: false,
    });
  });

  test("takes the learning rate that goes with the optimizer", () => {
    expect(parseOptions(["--optimizer", "sgd"]).lr).toBe(DEFAULT_LEARNING_RATE.sgd);
    expect(parseOptions(["--optimizer", "AdamW"])).toMatchObject({
      optimizer: "adamw",
      lr: DEFAULT_LEARNING_RATE.adamw,
    });
  });

  test("takes the epochs that go with the model", () => {
    expect(parseOptions(["--model", "LeNet5"])).toMatchObject({
      model: "lenet5",
      epochs: DEFAULT_EPOCHS.lenet5,
    });
  });

  test("refuses sizes of layers for a model that has its own", () => {
    const { problem } = failure("--model", "lenet5", "--hidden", "300");
    expect(problem).toMatchObject({ subject: "--hidden", received: '"300"' });
    expect(problem.advice).toContain("Leave --hidden out");
  });

  test("knows -h", () => {
    expect(parseOptions(["-h"]).help).toBe(true);
  });

  test.each([
    ["--epoch", "--epochs"],
    ["--hiden", "--hidden"],
    ["--optimiser", "--optimizer"],
    ["--bacth", "--batch"],
    ["--LR", "--lr"],
    ["--output", "--out"],
  ])("guesses what %s was meant to be", (given, meant) => {
    const error = failure(given, "3");
    expect(error.problem.subject).toBe(given);
    expect(error.problem.advice).toBe(`Did you mean ${meant}?`);
  });

  test("lists the options where it has no guess", () => {
    const { advice } = failure("--zzzzzzzz").problem;
    expect(advice).toContain("--model, --hidden, --epochs");
    expect(advice).not.toContain("Did you mean");
  });

  test.each([
    ["--hidden", "", "300", "0", "300,", "5000", "a", "300;100", "1,1,1,1,1,1,1,1,1"],
    ["--epochs", "0", "-1", "1.5", "1001", "ten", "", " 3", "1e3", "0x10"],
    ["--batch", "0", "60001", "-64"],
    ["--lr", "0", "-0.1", "11", "NaN", "Infinity", "fast", "", "0x1"],
    ["--optimizer", "adagrad", ""],
    ["--model", "lenet", "resnet", ""],
    ["--seed", "-1", "4294967296", "1.5"],
    ["--limit", "0", "60001", "all"],
    ["--out", "", "  "],
  ])("refuses wrong values of %s", (flag, ...values) => {
    for (const value of values.filter((text) => !(flag === "--hidden" && text === "300"))) {
      const { problem, message, exitCode } = failure(`${flag}=${value}`);
      expect(problem.subject).toBe(flag);
      expect(problem.received).toBe(JSON.stringify(value));
      expect(message).toContain(problem.expected);
      expect(problem.advice).toContain(flag);
      expect(exitCode).toBe(2);
    }
  });

  test("takes a negative value for a value, not for an option", () => {
    expect(failure("--lr", "-1").problem.received).toBe('"-1"');
  });

  test("says so when a value is missing", () => {
    expect(failure("--epochs").problem).toMatchObject({ subject: "--epochs", received: "none" });
    const { received } = failure("--epochs", "--json").problem;
    expect(received).toBe("the next option, --json");
  });

  test("refuses a value for a switch, and arguments that are no options", () => {
    expect(failure("--json=yes").problem).toMatchObject({ subject: "--json", received: '"yes"' });
    expect(failure("epochs", "3").problem.advice).toBe("Did you mean --epochs?");
    expect(failure("3").problem.subject).toBe("3");
  });

  test("shortens what it quotes", () => {
    expect(failure("--lr", "9".repeat(500)).message.length).toBeLessThan(250);
  });
});

test("the help names every option and fits a terminal", () => {
  const flags = [
    "model",
    "hidden",
    "epochs",
    "eager",
    "batch",
    "lr",
    "optimizer",
    "seed",
    "limit",
    "out",
    "json",
  ];
  for (const flag of flags) expect(HELP).toContain(`  --${flag} `);
  for (const line of HELP.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});
