// A browser without a network, and pages that report whatever they should not do.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const LANGUAGES = ["en", "hu", "pl"];

export const pageUrl = (name) => {
  const path = join(process.env.PAGES, `${name}.html`);
  if (!existsSync(path)) throw new Error(`${path} is missing: start the tests with ./run`);
  return pathToFileURL(path).href;
};

export const screenshot = (name) => join(process.env.SCREENSHOTS, `${name}.png`);

/** Starts Chromium in a profile of its own; `close` ends it and removes the profile. */
export const start = async () => {
  const profile = mkdtempSync(join(tmpdir(), "segmenta-chromium-"));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    env: { ...process.env, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
  });
  const close = async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { browser, close };
};

/** A page that is offline and scrolls at once; `incidents` collects requests, console messages, errors and dialogs. */
export const open = async (browser, name, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", ...options });
  await context.setOffline(true);
  const page = await context.newPage();
  const incidents = watch(page);
  await page.goto(pageUrl(name), { waitUntil: "load" });
  return { page, incidents, context };
};

/** Everything that `page` does and a report has no reason to do. */
export const watch = (page) => {
  const incidents = [];
  page.on("console", (message) => incidents.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => incidents.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    incidents.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.on("popup", () => incidents.push("popup"));
  page.on("frameattached", () => incidents.push("frame"));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && !(request.isNavigationRequest() && url.startsWith("file:"))) {
      incidents.push(`request: ${url}`);
    }
  });
  return incidents;
};
