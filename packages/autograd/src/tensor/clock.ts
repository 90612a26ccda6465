// The sources are compiled without the types of Node and of browsers, because they run in both.
const { performance } = globalThis as unknown as { readonly performance: { now(): number } };

/** Milliseconds since some fixed moment. */
export const now = (): number => performance.now();
