/** What these tests need of a page. They are compiled without the types of browsers, as the sources
 *  are, which run in both. */
export const page = globalThis as unknown as {
  readonly crossOriginIsolated: boolean;
  readonly document: {
    readonly body: { append(child: object): void };
    createElement(tag: string): { id: string; textContent: string };
  };
  requestAnimationFrame(callback: () => void): number;
};
