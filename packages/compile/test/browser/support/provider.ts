// Vitest's Playwright with a Chromium that is looked for when a test wants one: other projects of the
// same configuration work without.
import { playwright, PlaywrightBrowserProvider } from "@vitest/browser-playwright";
import type { PlaywrightProviderOptions } from "@vitest/browser-playwright";
import type { BrowserProviderOption, TestProject } from "vitest/node";
import { findChromium } from "./chromium.ts";

const args = [
  "--no-sandbox", // containers seldom allow one
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

type LaunchOptions = NonNullable<PlaywrightProviderOptions["launchOptions"]>;

class Provider extends PlaywrightBrowserProvider {
  private readonly launch: LaunchOptions;

  constructor(project: TestProject) {
    const launchOptions: LaunchOptions = { args };
    super(project, { launchOptions });
    this.launch = launchOptions;
  }

  override async openPage(...session: Parameters<PlaywrightBrowserProvider["openPage"]>) {
    Object.assign(this.launch, await findChromium());
    return super.openPage(...session);
  }
}

export const chromium = (): BrowserProviderOption<PlaywrightProviderOptions> => {
  const { prewarm: _, ...provider } = playwright();
  return { ...provider, providerFactory: (project) => new Provider(project) };
};
