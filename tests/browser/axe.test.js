// No serious or critical finding of axe, in any language, theme or width.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import axe from "axe-core";

import { LANGUAGES, open, start } from "./browser.js";

let browser;
let close;
before(async () => ({ browser, close } = await start()));
after(() => close());

const findings = async (page) => {
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")}`);
};

for (const name of [...LANGUAGES, "first"]) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 400]) {
      test(`${name}, ${colorScheme}, ${width} px`, async () => {
        const { page, context } = await open(browser, name, { viewport: { width, height: 900 }, colorScheme });
        assert.deepEqual(await findings(page), []);
        await context.close();
      });
    }
  }
}
