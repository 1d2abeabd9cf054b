// Pages with a hostile string in every field that data can fill do nothing in a real browser either.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { pageUrl, start, watch } from "./browser.js";

let browser;
let close;
before(async () => ({ browser, close } = await start()));
after(() => close());

test("hostile names start nothing", async () => {
  const names = readdirSync(join(process.env.PAGES, "hostile")).sort();
  assert.ok(names.length >= 300);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.setOffline(true);
  const page = await context.newPage();
  const incidents = watch(page);
  const shapes = new Set();
  for (const name of names) {
    const url = pageUrl(`hostile/${name.replace(".html", "")}`);
    await page.goto(url, { waitUntil: "load" });
    await page.mouse.move(200, 400);
    await page.keyboard.press("Tab");
    shapes.add(await page.evaluate(shape));
    assert.deepEqual(incidents, [], name);
    assert.equal(page.url(), url);
  }
  assert.equal(shapes.size, 1, "every page has the same elements, whatever the text");
  await context.close();
});

/** How often each element occurs, and whether something acts: runs in the page. */
function shape() {
  const counts = {};
  for (const element of document.querySelectorAll("*")) {
    counts[element.localName] = (counts[element.localName] ?? 0) + 1;
    for (const { name } of element.attributes) {
      if (name.startsWith("on") || name === "srcdoc") throw new Error(`${name} on ${element.localName}`);
    }
  }
  // A name may break after each underscore, and a text of more than twelve letters is cut with the whole
  // of it behind: the number of such places depends on the text.
  delete counts.wbr;
  delete counts.span;
  return JSON.stringify(counts, Object.keys(counts).sort());
}
