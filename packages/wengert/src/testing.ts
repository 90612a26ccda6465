export * from "@wengert/autograd/testing";
