export * from "@wengert/autograd/vitest";
