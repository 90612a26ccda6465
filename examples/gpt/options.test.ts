import { describe, expect, test } from "vitest";
import { UsageError } from "../shared/errors.ts";
import { DEFAULTS } from "./defaults.ts";
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
    expect(parseOptions([])).toEqual({ ...DEFAULTS, eager: false, json: false, help: false });
  });

  test("reads every option", () => {
    const args =
      "--steps 9 --layers=2 --width 24 --heads 3 --context 16 --batch 5 --lr 1e-3 --seed 0 " +
      "--eager --sample 0 --temperature .5 --json";
    expect(parseOptions(args.split(" "))).toEqual({
      steps: 9,
      layers: 2,
      width: 24,
      heads: 3,
      context: 16,
      batch: 5,
      lr: 0.001,
      seed: 0,
      eager: true,
      sample: 0,
      temperature: 0.5,
      json: true,
      help: false,
    });
  });

  test("chooses heads that divide the width, and refuses others", () => {
    expect(parseOptions(["--width", "96"]).heads).toBe(4);
    expect(parseOptions(["--width", "9"]).heads).toBe(3);
    expect(parseOptions(["--width", "7"]).heads).toBe(1);
    expect(failure("--width", "96", "--heads", "5").problem).toMatchObject({
      subject: "--heads",
      expected: "a divisor of the width, 96",
      advice: "Write for example --heads 4.",
    });
  });

  test.each([
    ["--steps", "0", "-1", "1.5", "many", ""],
    ["--layers", "0", "49"],
    ["--width", "0", "2049"],
    ["--heads", "0", "129"],
    ["--context", "1", "1025"],
    ["--batch", "0", "1025"],
    ["--lr", "0", "1.5", "NaN", ""],
    ["--seed", "-1", "4294967296"],
    ["--sample", "-1", "1000001"],
    ["--temperature", "0", "11", "hot"],
  ])("refuses wrong values of %s", (flag, ...values) => {
    for (const value of values) {
      const { problem, exitCode } = failure(`${flag}=${value}`);
      expect(problem).toMatchObject({ subject: flag, received: JSON.stringify(value) });
      expect(problem.advice).toContain(flag);
      expect(exitCode).toBe(2);
    }
  });

  test("guesses what was meant", () => {
    expect(failure("--step", "3").problem.advice).toBe("Did you mean --steps?");
    expect(failure("--temprature", "3").problem.advice).toBe("Did you mean --temperature?");
    expect(failure("--hidden", "3").problem.advice).toContain("--steps, --layers");
  });
});

test("the help names every option and fits a terminal", () => {
  const flags = "steps layers width heads context batch lr seed eager sample temperature json help";
  for (const flag of flags.split(" ")) expect(HELP).toMatch(new RegExp(`^  --${flag}[ ,]`, "m"));
  for (const line of HELP.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});
