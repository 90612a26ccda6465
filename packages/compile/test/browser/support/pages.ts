// Pages unlike the one that tests run in: the same server gives them headers of their own, and they
// are opened beside it in the same browser.
import type { BrowserCommand } from "vitest/node";
import type { Plugin } from "vitest/config";
import type { Report } from "../pages/report.ts";

/** What a page must say to share memory with workers. */
export const isolation: Record<string, string> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const path = "/page-with-headers";
const script = "/packages/compile/test/browser/pages/report.ts";
const html = `<!doctype html><title>A page</title><script type="module" src="${script}"></script>`;

/** Serves the page with the headers that its address asks for. */
export const pages = (): Plugin => ({
  name: "pages-with-headers",
  configureServer: ({ middlewares }) => {
    middlewares.use(path, ({ url }, response) => {
      const { searchParams } = new URL(url ?? "", "http://localhost");
      for (const name of Object.keys(isolation)) response.removeHeader(name);
      for (const [name, value] of searchParams) response.setHeader(name, value);
      response.setHeader("Content-Type", "text/html");
      response.end(html);
    });
  },
});

/** A command for tests: opens the page with these headers and resolves to what it reports. */
export const visit: BrowserCommand<[headers: Record<string, string>]> = async (
  { context, page: own },
  headers,
): Promise<Report> => {
  const page = await context.newPage();
  try {
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("crash", () => complaints.push("It has crashed."));
    page.on("console", (message) => complaints.push(message.text()));
    const address = new URL(`${path}?${new URLSearchParams(headers).toString()}`, own.url());
    await page.goto(address.href);
    const text = page.locator("#report");
    await text.waitFor({ timeout: 60_000 }).catch(() => {
      throw new Error(`The page has not reported anything. ${complaints.join("\n")}`);
    });
    return JSON.parse((await text.textContent())!) as Report;
  } finally {
    await page.close();
  }
};

declare module "vitest/browser" {
  interface BrowserCommands {
    visit(headers: Readonly<Record<string, string>>): Promise<Report>;
  }
}
